"""A contact: someone who asks, with the addresses we know them by."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

NAMELESS = "Visitor"
CHATTING = frozenset(["visitor", "external"])
"""Kinds of identities that are reached in the chat; whoever a site signs for is "external"."""
PROVEN = ("replied", "confirmed", "signed")
"""What makes an address evidence of who somebody is (SEMANTICS 2)."""
FIRST_SEEN = "first_seen"
"""The evidence of the address that a contact began with."""
IMPORTED = "imported"
"""The evidence of an address that a file gave to a contact: whoever proves it sees nothing of the others' (R12)."""
SHORT = 4
"""Signs of a visitor's value that tell them apart from others of the same hour."""


class Organization(Model):
    """A company or household that contacts belong to."""

    __tablename__ = "organizations"
    __table_args__ = (Index("uq_organizations_name", text("lower(name)"), unique=True),)

    id: Mapped[Id]
    name: Mapped[str]
    notes: Mapped[str] = mapped_column(default="")  # what colleagues should know of it
    created_at: Mapped[datetime]


class OrganizationDomain(Model):
    """A mail domain that belongs to one organization: who proves an address there belongs to it, too."""

    __tablename__ = "organization_domains"
    __table_args__ = (Index("ix_organization_domains_organization_id", "organization_id"),)

    domain: Mapped[str] = mapped_column(primary_key=True)  # in IDNA form, small letters
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class Contact(Model):
    """One person who asks."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_lower_name", text("lower(name)"), "id"),  # the list is in this order
        Index("ix_contacts_name", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    id: Mapped[Id]
    name: Mapped[str]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    locale: Mapped[str | None]  # None: the brand's
    timezone: Mapped[str | None]
    created_at: Mapped[datetime]


class Identity(Model):
    """One address of a person on one channel; messages point here, never at the contact."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        Index("ix_identities_value", "value", postgresql_using="gin", postgresql_ops={"value": "gin_trgm_ops"}),
        CheckConstraint("verification IN ('none', 'replied', 'confirmed', 'signed')", name="verification"),
    )

    id: Mapped[Id]
    kind: Mapped[str]  # "email", "visitor", "phone", "external"
    value: Mapped[str]  # normalised: a mail address lower-case, its domain in IDNA form; "external" is "whose:id"
    name: Mapped[str]  # as last given with this identity
    verification: Mapped[str] = mapped_column(default="none")  # hard evidence from "replied" on (SEMANTICS 2)
    is_shared: Mapped[bool] = mapped_column(default=False)  # info@ and its kin: never evidence for joining
    undeliverable_since: Mapped[datetime | None]  # a permanent bounce named it
    created_at: Mapped[datetime]

    @property
    def called(self) -> str:
        """How we call whoever writes with it: the name they gave, else the address."""
        return called(self.kind, self.name, self.value)


def called(kind: str, name: str, value: str) -> str:
    """The name given with an identity, else its address; a visitor without a name has a short word of their own."""
    if kind == "external":  # "whose:id"
        return name or value.partition(":")[2]
    if kind != "visitor" or name not in ("", NAMELESS):
        return name or value
    return f"{NAMELESS} {value[-SHORT:]}"


class IdentityLink(Model):
    """An identity belongs to a contact for a while; joining ends and adds links, separating ends and restores them."""

    __tablename__ = "identity_links"
    __table_args__ = (
        Index("uq_identity_links_current", "identity_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_identity_links_contact_id", "contact_id"),
    )

    id: Mapped[Id]
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    evidence: Mapped[str]  # "first_seen", "joined_by_agent", "signed", …
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
