"""Who is it: from an address on a channel to an identity and its contact."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, called
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


def rename(identity: Identity, name: str) -> None:
    """Somebody said what they are called: their identity has that name, and so has a contact that had no better one."""
    before, identity.name = identity.called, name
    contact = db.session.scalar(
        select(Contact)
        .join(IdentityLink, IdentityLink.contact_id == Contact.id)
        .where(IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None))
    )
    if contact is not None and contact.name == before:
        contact.name = name


def resolve(kind: str, value: str, name: str, at: datetime, *, verification: str = "none") -> Identity:
    """The identity of a normalised value, made with a contact of its own when it is new; safe under concurrency."""
    found = db.session.scalar(_NAMED, {"kind": kind, "value": value})
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
    contact = Contact(name=called(kind, name, value), created_at=at)
    db.session.add(contact)
    db.session.flush()
    db.session.add(IdentityLink(identity_id=made.id, contact_id=contact.id, evidence="first_seen", started_at=at))
    db.session.flush()
    return made


_NAMED = select(Identity).where(Identity.kind == bindparam("kind"), Identity.value == bindparam("value"))
