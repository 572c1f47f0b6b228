"""Who is it: from an address on a channel to an identity and its contact."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.core.db import db

SHARED_LOCAL_PARTS = frozenset(
    (
        "info",
        "contact",
        "office",
        "mail",
        "hello",
        "team",
        "sales",
        "support",
        "service",
        "admin",
        "billing",
        "accounts",
        "help",
        "post",
        "buero",
        "kontakt",
    )
)


def resolve(kind: str, value: str, name: str, at: datetime, *, verification: str = "none") -> Identity:
    """The identity of a normalised value, made with a contact of its own when it is new; safe under concurrency."""
    found = db.session.scalar(select(Identity).where(Identity.kind == kind, Identity.value == value))
    if found is not None:
        if name and not found.name:
            found.name = name
        return found
    made: Identity | None = db.session.scalar(
        insert(Identity)
        .values(
            kind=kind,
            value=value,
            name=name,
            verification=verification,
            is_shared=kind == "email" and value.split("@")[0] in SHARED_LOCAL_PARTS,
            created_at=at,
        )
        .on_conflict_do_nothing(index_elements=[Identity.kind, Identity.value])
        .returning(Identity)
    )
    if made is None:  # another transaction was quicker, and has committed by now
        return db.session.scalars(select(Identity).where(Identity.kind == kind, Identity.value == value)).one()
    contact = Contact(name=name or value, created_at=at)
    db.session.add(contact)
    db.session.flush()
    db.session.add(IdentityLink(identity_id=made.id, contact_id=contact.id, evidence="first_seen", started_at=at))
    db.session.flush()
    return made


def contact_of(identity_id: int) -> Contact:
    """The contact an identity belongs to now; raises NoResultFound for an id that never existed."""
    return db.session.scalars(
        select(Contact)
        .join(IdentityLink, IdentityLink.contact_id == Contact.id)
        .where(IdentityLink.identity_id == identity_id, IdentityLink.ended_at.is_(None))
    ).one()


def identities_of(contact_id: int) -> list[Identity]:
    """Every identity that belongs to a contact now, oldest first."""
    return list(
        db.session.scalars(
            select(Identity)
            .join(IdentityLink, IdentityLink.identity_id == Identity.id)
            .where(IdentityLink.contact_id == contact_id, IdentityLink.ended_at.is_(None))
            .order_by(Identity.id)
        )
    )


def prove(identity: Identity, verification: str) -> None:
    """Raise how sure we are of an identity; never lowers it."""
    order = ("none", "replied", "confirmed", "signed")
    if order.index(verification) > order.index(identity.verification):
        identity.verification = verification
