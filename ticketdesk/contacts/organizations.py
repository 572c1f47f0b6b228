"""Organizations: making and changing them, their mail domains, and who belongs to them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update

from ticketdesk.contacts.contact import PROVEN, Contact, Identity, IdentityLink, Organization, OrganizationDomain
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 120
LONGEST_NOTES = 10_000
MOST_DOMAINS = 50
EVERYBODYS = frozenset(
    (
        "aol.com",
        "free.fr",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "seznam.cz",
        "t-online.de",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.com",
        "yahoo.de",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    )
)
"""Domains at which everybody can have an address: they say nothing of where somebody belongs."""


def named(name: str) -> Organization | None:
    """The organization of a name, whatever its small and large letters."""
    wanted = " ".join(name.split()).lower()
    return db.session.scalar(select(Organization).where(func.lower(Organization.name) == wanted))


def create(name: str, by: Actor, at: datetime) -> Organization:
    """Make one; raises Invalid for a name that is taken."""
    made = Organization(name=_name(name, None), notes="", created_at=at)
    db.session.add(made)
    db.session.flush()
    audit.note("organization_created", "organization", made.id, by, at)
    return made


def change(organization: Organization, name: str, domains: Sequence[str], notes: str, by: Actor, at: datetime) -> None:
    """Let it be called otherwise, have other domains and other notes; raises Invalid.

    Domains are in IDNA form. Whoever proved an address at one of them, and belongs nowhere yet, belongs to it.
    """
    db.session.execute(
        select(Organization.id).where(Organization.id == organization.id).with_for_update(key_share=True)
    )
    organization.name = _name(name, organization.id)
    if len(notes) > LONGEST_NOTES:
        raise Invalid("This is too long for notes.", "notes")
    organization.notes = notes.strip()
    _own(organization, domains, at)
    audit.note("organization_changed", "organization", organization.id, by, at)


def add_domains(organization: Organization, domains: Collection[str], by: Actor, at: datetime) -> None:
    """Let it have further domains, in IDNA form; raises Invalid as `change` does."""
    db.session.execute(
        select(Organization.id).where(Organization.id == organization.id).with_for_update(key_share=True)
    )
    _own(organization, sorted({*domains_of(organization.id), *domains}), at)
    audit.note("organization_changed", "organization", organization.id, by, at)


def domains_of(organization_id: int) -> list[str]:
    """Its mail domains by name."""
    of = select(OrganizationDomain.domain).where(OrganizationDomain.organization_id == organization_id)
    return list(db.session.scalars(of.order_by(OrganizationDomain.domain)))


def belongs_by_rule(organization_id: int) -> Select[Contact]:
    """Contacts who proved an address at one of its domains and belong nowhere yet."""
    return select(Contact).where(Contact.organization_id.is_(None), _at_domain_of(organization_id))


def adopt(organization: Organization, by: Actor, at: datetime, among: ColumnElement[bool]) -> int:
    """Let those contacts of `belongs_by_rule` belong to it for whom a condition holds; returns how many."""
    done = db.session.scalars(
        update(Contact)
        .where(Contact.organization_id.is_(None), _at_domain_of(organization.id), among)
        .values(organization_id=organization.id)
        .returning(Contact.id),
        execution_options={"synchronize_session": "fetch"},
    ).all()
    if done:
        audit.note("organization_joined", "organization", organization.id, by, at, {"contacts": sorted(done)})
    return len(done)


def settle(identity: Identity) -> None:
    """Somebody proved an address: the contact that belongs nowhere yet belongs to the organization of its domain."""
    if identity.kind != "email" or identity.verification not in PROVEN:
        return
    organization_id = db.session.scalar(
        select(OrganizationDomain.organization_id).where(OrganizationDomain.domain == identity.value.rpartition("@")[2])
    )
    if organization_id is None:
        return
    link = select(IdentityLink.contact_id).where(
        IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None)
    )
    db.session.execute(
        update(Contact)
        .where(Contact.id.in_(link), Contact.organization_id.is_(None))
        .values(organization_id=organization_id),
        execution_options={"synchronize_session": "fetch"},
    )


def _at_domain_of(organization_id: int) -> ColumnElement[bool]:
    domains = select(OrganizationDomain.domain).where(OrganizationDomain.organization_id == organization_id)
    return exists().where(
        IdentityLink.contact_id == Contact.id,
        IdentityLink.ended_at.is_(None),
        Identity.id == IdentityLink.identity_id,
        Identity.kind == "email",
        Identity.verification.in_(PROVEN),
        func.split_part(Identity.value, "@", 2).in_(domains),
    )


def _own(organization: Organization, domains: Sequence[str], at: datetime) -> None:
    wanted = set(domains)
    if len(wanted) > MOST_DOMAINS:
        raise Invalid(f"An organization has at most {MOST_DOMAINS} domains.", "domains")
    if public := sorted(wanted & EVERYBODYS):
        raise Invalid(f"Everybody can have an address at {public[0]}.", "domains")
    taken = db.session.scalar(
        select(OrganizationDomain.domain).where(
            OrganizationDomain.domain.in_(wanted), OrganizationDomain.organization_id != organization.id
        )
    )
    if taken is not None:
        raise Invalid(f"{taken} belongs to another organization.", "domains")
    present = set(domains_of(organization.id))
    db.session.execute(
        delete(OrganizationDomain).where(
            OrganizationDomain.organization_id == organization.id, OrganizationDomain.domain.in_(present - wanted)
        ),
        execution_options={"synchronize_session": False},
    )
    db.session.add_all(
        OrganizationDomain(domain=domain, organization_id=organization.id, created_at=at)
        for domain in sorted(wanted - present)
    )
    db.session.flush()


def _name(typed: str, own_id: int | None) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", "name")
    other = named(name)
    if other is not None and other.id != own_id:
        raise Invalid("Another organization is called so.", "name")
    return name
