"""Which identities belong to which contact, and moving them; history stays, since links end and new ones begin."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import literal, select, update

from ticketdesk.contacts.contact import IMPORTED, Contact, Identity, IdentityLink
from ticketdesk.contacts.joined import ContactJoin
from ticketdesk.core.db import db

LONGEST_CHAIN = 50


def lock(contact_ids: Iterable[int]) -> None:
    """Lock contacts until the transaction ends, always in ascending order."""
    db.session.execute(
        select(Contact.id).where(Contact.id.in_(set(contact_ids))).order_by(Contact.id).with_for_update(key_share=True)
    ).all()


def contact_of(identity: Identity) -> int:
    """The contact to which an identity belongs."""
    return db.session.scalars(
        select(IdentityLink.contact_id).where(IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None))
    ).one()


def identities_of(contact_id: int) -> list[Identity]:
    """What belongs to a contact, the first that was known first."""
    return list(
        db.session.scalars(
            select(Identity)
            .join(IdentityLink, IdentityLink.identity_id == Identity.id)
            .where(IdentityLink.contact_id == contact_id, IdentityLink.ended_at.is_(None))
            .order_by(Identity.id)
        )
    )


def imported(identities: Collection[Identity]) -> list[Identity]:
    """Those that nothing but a file gave to their contact."""
    ids = db.session.scalars(
        select(IdentityLink.identity_id).where(
            IdentityLink.identity_id.in_([one.id for one in identities]),
            IdentityLink.ended_at.is_(None),
            IdentityLink.evidence == IMPORTED,
        )
    ).all()
    return [one for one in identities if one.id in ids]


def had_imported(contact_id: int, until: datetime) -> set[int]:
    """The ids of those that nothing but a file gave to a contact, when they left it at a moment."""
    was = select(IdentityLink.identity_id).where(
        IdentityLink.contact_id == contact_id, IdentityLink.ended_at == until, IdentityLink.evidence == IMPORTED
    )
    return set(db.session.scalars(was))


def move(
    identities: Collection[Identity],
    contact_id: int,
    evidence: str,
    at: datetime,
    *,
    proven: Collection[Identity] = (),
) -> None:
    """Let identities belong to another contact, for a reason. The contacts on both sides are locked.

    What only a file said of them goes along as that, but for those of which the reason itself speaks (`proven`).
    """
    ids = [identity.id for identity in identities]
    if not ids:
        return
    unproven = {one.id for one in imported(identities)} - {one.id for one in proven}
    db.session.execute(
        update(IdentityLink)
        .where(IdentityLink.identity_id.in_(ids), IdentityLink.ended_at.is_(None))
        .values(ended_at=at),
        execution_options={"synchronize_session": "fetch"},
    )
    db.session.add_all(
        IdentityLink(
            identity_id=number,
            contact_id=contact_id,
            evidence=IMPORTED if number in unproven else evidence,
            started_at=at,
        )
        for number in ids
    )
    db.session.flush()


def end_of(contact_id: int) -> int:
    """The contact of which this one is a part by now; itself, where it was not joined with another."""
    return ends_of([contact_id])[contact_id]


def ends_of(contact_ids: Collection[int]) -> dict[int, int]:
    """The same of several, in one question."""
    found = (
        select(ContactJoin.given_up_id.label("part_id"), ContactJoin.kept_id, literal(1).label("far"))
        .where(ContactJoin.given_up_id.in_(contact_ids), ContactJoin.undone_at.is_(None))
        .cte("above", recursive=True)
    )
    found = found.union_all(
        select(found.c.part_id, ContactJoin.kept_id, found.c.far + 1).where(
            ContactJoin.given_up_id == found.c.kept_id,
            ContactJoin.undone_at.is_(None),
            found.c.far < LONGEST_CHAIN,
        )
    )
    rows = db.session.execute(select(found.c.part_id, found.c.kept_id).order_by(found.c.far))
    return {contact_id: contact_id for contact_id in contact_ids} | {row.part_id: row.kept_id for row in rows}


def parts_of(contact_id: int) -> list[int]:
    """A contact and all that were joined into it, itself first: what was said of them is said of it."""
    found = (
        select(ContactJoin.given_up_id)
        .where(ContactJoin.kept_id == contact_id, ContactJoin.undone_at.is_(None))
        .cte("below", recursive=True)
    )
    found = found.union(
        select(ContactJoin.given_up_id).where(
            ContactJoin.kept_id == found.c.given_up_id, ContactJoin.undone_at.is_(None)
        )
    )
    return [contact_id, *db.session.scalars(select(found.c.given_up_id).order_by(found.c.given_up_id))]
