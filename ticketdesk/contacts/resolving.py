"""Who is it: from an address on a channel to an identity and its contact."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts.contact import FIRST_SEEN, Contact, Identity, IdentityLink, called
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
            is_shared=is_shared(kind, value),
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
    db.session.add(IdentityLink(identity_id=made.id, contact_id=contact.id, evidence=FIRST_SEEN, started_at=at))
    db.session.flush()
    return made


def is_shared(kind: str, value: str) -> bool:
    """Whether many people share a mailbox, as far as its name tells."""
    return kind == "email" and value.split("@")[0] in SHARED_LOCAL_PARTS


def attach(addresses: Mapping[str, tuple[int, str, str]], at: datetime) -> bool:
    """Give contacts new mail addresses, each with the contact's id, the name that was given with it and the evidence.

    All of them or, where one came to be known in between, none of use: then it returns False, and the caller takes the
    transaction back to where it was. Nothing is proven by it (SEMANTICS 2).
    """
    if not addresses:
        return True
    rows = [
        {
            "kind": "email",
            "value": value,
            "name": addresses[value][1],
            "verification": "none",
            "is_shared": is_shared("email", value),
            "created_at": at,
        }
        for value in sorted(addresses)  # in one order, so that two who do this wait for each other only one way
    ]
    made = db.session.execute(
        insert(Identity)
        .values(rows)
        .on_conflict_do_nothing(index_elements=[Identity.kind, Identity.value])
        .returning(Identity.id, Identity.value)
    ).all()
    if len(made) < len(addresses):
        return False
    links = [
        {"identity_id": row.id, "contact_id": contact_id, "evidence": evidence, "started_at": at}
        for row in made
        for contact_id, _name, evidence in [addresses[row.value]]
    ]
    db.session.execute(insert(IdentityLink), links)
    return True


_NAMED = select(Identity).where(Identity.kind == bindparam("kind"), Identity.value == bindparam("value"))
