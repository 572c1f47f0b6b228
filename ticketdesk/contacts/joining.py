"""Two contacts are one person: their identities belong to one of them from now on, and that can be undone."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts import linking
from ticketdesk.contacts.contact import IMPORTED, Contact, Identity, called
from ticketdesk.contacts.joined import ContactJoin, KeptApart
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound

BY_HAND = "joined_by_agent"
SHARED = "An address that many people share is nobody's, so it joins nobody."
SIGNED = "Sites signed for both of them, so they are two people."
CHANGED = "One of these contacts was changed in between. Look again at what would happen."


def join(one: Identity, other: Identity, evidence: str, at: datetime) -> Contact | None:
    """Let the contacts of two identities be one, the older; returns it, or None when that must not be.

    Nothing is rewritten: the links of the younger contact end and new ones begin, which say why (SEMANTICS 2). An
    address that many people share is no evidence, two identities that were signed for differ for good, and whom a
    person took apart only a person joins again. What only a file gave to its contact brings nobody else along: it
    goes by itself to whom it is shown to be.
    """
    if one.is_shared or other.is_shared:
        return None
    kept, given_up = _locked(one, other)
    contact = db.session.get_one(Contact, kept)
    placed = linking.imported([one, other])
    if kept == given_up:
        if len(placed) == 1:
            linking.move(placed, kept, evidence, at, proven=placed)
        return contact
    if placed:
        return _bring(placed, other if placed[0] is one else one, evidence, at)
    here, there = linking.identities_of(kept), linking.identities_of(given_up)
    if _refusal(here, there) is not None or _are_apart(here, there):
        return None
    _unite(contact, db.session.get_one(Contact, given_up), there, evidence, None, at)
    return contact


def _bring(placed: Collection[Identity], to: Identity, evidence: str, at: datetime) -> Contact | None:
    """Let one that a file had placed with somebody belong to whom it was shown to be; None for two of that kind."""
    contact = db.session.get_one(Contact, linking.contact_of(to))
    there = linking.identities_of(contact.id)
    if len(placed) > 1 or _refusal(placed, there) is not None or _are_apart(placed, there):
        return None
    linking.move(placed, contact.id, evidence, at, proven=placed)
    return contact


def join_by_hand(
    kept: Contact, given_up: Contact, by: Actor, at: datetime, *, expecting: Collection[int] | None = None
) -> ContactJoin:
    """The same by a person, who says which of the two stays; what was taken apart before comes together again.

    `expecting` are the identities of both that were shown. Raises Conflict.
    """
    linking.lock((kept.id, given_up.id))
    here, there = linking.identities_of(kept.id), linking.identities_of(given_up.id)
    refusal = refused(kept, given_up, here, there)
    if refusal is not None:
        raise Conflict(refusal)
    if expecting is not None and {one.id for one in (*here, *there)} != set(expecting):
        raise Conflict(CHANGED)
    _forget_apart(here, there)
    return _unite(kept, given_up, there, BY_HAND, by, at)


def refused(kept: Contact, given_up: Contact, here: Collection[Identity], there: Collection[Identity]) -> str | None:
    """Why two contacts cannot be joined, if so."""
    if kept.id == given_up.id:
        return "These are the same contact."
    if not here or not there:
        return CHANGED
    return _refusal(here, there)


def undo(join: ContactJoin, by: Actor, at: datetime) -> Contact:
    """Take a join back: what came from the contact that was given up goes there again, and stays apart from then on.

    Identities that went elsewhere meanwhile stay where they are. Raises Conflict when it was undone already, or when
    one of the two would be left with nothing to be reached by: what is noted of it would be seen by nobody.
    """
    holder = linking.end_of(join.kept_id)
    linking.lock((join.kept_id, join.given_up_id, holder))
    db.session.refresh(join, with_for_update={"key_share": True})
    if join.undone_at is not None or holder != linking.end_of(join.kept_id):
        raise Conflict("This was undone in between.")
    here = linking.identities_of(holder)
    moving = [identity for identity in here if identity.id in join.identity_ids]
    staying = [identity for identity in here if identity.id not in join.identity_ids]
    if not moving or not staying:
        raise Conflict("What came with this join, or what was there before, went elsewhere since.")
    join.undone_at, join.undone_by_id = at, by.id
    db.session.flush()
    from_file = linking.had_imported(join.given_up_id, join.at)
    linking.move([one for one in moving if one.id in from_file], join.given_up_id, IMPORTED, at)
    linking.move([one for one in moving if one.id not in from_file], join.given_up_id, "separated", at)
    keep_apart(moving, staying, by, at)
    kept, given_up = (db.session.get_one(Contact, number) for number in (join.kept_id, join.given_up_id))
    if join.took_name and kept.name == given_up.name and staying:
        kept.name = called(staying[0].kind, staying[0].name, staying[0].value)
    if join.took_organization and kept.organization_id == given_up.organization_id:
        kept.organization_id = None
    audit.note("contact_join_undone", "contact", kept.id, by, at, {"given_up": given_up.id, "join": join.id})
    return given_up


def find(contact_ids: Collection[int], join_id: int) -> ContactJoin:
    """One of the joins of a contact; raises NotFound."""
    found = db.session.scalar(
        select(ContactJoin).where(ContactJoin.id == join_id, ContactJoin.kept_id.in_(contact_ids))
    )
    if found is None:
        raise NotFound("There is no such join.")
    return found


def of(contact_ids: Collection[int]) -> list[ContactJoin]:
    """What made a contact what it is, the newest first; what was undone is left out."""
    joins = select(ContactJoin).where(ContactJoin.kept_id.in_(contact_ids), ContactJoin.undone_at.is_(None))
    return list(db.session.scalars(joins.order_by(ContactJoin.id.desc())))


def keep_apart(some: Iterable[Identity], others: Iterable[Identity], by: Actor, at: datetime) -> None:
    """Remember that a person said of them that they are different people."""
    theirs = list(others)
    pairs = [sorted((one.id, other.id)) for one in some for other in theirs]
    if pairs:
        db.session.execute(
            insert(KeptApart).on_conflict_do_nothing(),
            [{"one_id": low, "other_id": high, "at": at, "by_id": by.id} for low, high in pairs],
        )


def _unite(
    kept: Contact, given_up: Contact, moving: Collection[Identity], evidence: str, by: Actor | None, at: datetime
) -> ContactJoin:
    took_name = bool(given_up.name) and _is_nameless(kept)
    took_organization = kept.organization_id is None and given_up.organization_id is not None
    # Whoever joins by hand was shown all of them.
    linking.move(moving, kept.id, evidence, at, proven=moving if by is not None else ())
    if took_name:
        kept.name = given_up.name
    if took_organization:
        kept.organization_id = given_up.organization_id
    made = ContactJoin(
        kept_id=kept.id,
        given_up_id=given_up.id,
        identity_ids=[identity.id for identity in moving],
        evidence=evidence,
        took_name=took_name,
        took_organization=took_organization,
        by_id=by.id if by is not None else None,
        at=at,
        undone_at=None,
        undone_by_id=None,
    )
    db.session.add(made)
    db.session.flush()
    if by is not None:
        audit.note("contacts_joined", "contact", kept.id, by, at, {"given_up": given_up.id, "join": made.id})
    return made


def _refusal(here: Collection[Identity], there: Collection[Identity]) -> str | None:
    if all(identity.is_shared for identity in here) or all(identity.is_shared for identity in there):
        return SHARED
    signed = {identity.id for identity in (*here, *there) if identity.verification == "signed"}
    return SIGNED if len(signed) > 1 else None


def _between(here: Collection[Identity], there: Collection[Identity]) -> ColumnElement[bool]:
    """As a condition on what is kept apart: one of these and one of those."""
    these, those = [identity.id for identity in here], [identity.id for identity in there]
    return or_(
        and_(KeptApart.one_id.in_(these), KeptApart.other_id.in_(those)),
        and_(KeptApart.one_id.in_(those), KeptApart.other_id.in_(these)),
    )


def _are_apart(here: Collection[Identity], there: Collection[Identity]) -> bool:
    return db.session.scalar(select(KeptApart.one_id).where(_between(here, there)).limit(1)) is not None


def _forget_apart(here: Collection[Identity], there: Collection[Identity]) -> None:
    db.session.execute(delete(KeptApart).where(_between(here, there)), execution_options={"synchronize_session": False})


def _locked(one: Identity, other: Identity) -> tuple[int, int]:
    """The contacts of two identities, the older first; both locked, and no others by the time they were."""
    held: set[int] = set()
    while not {linking.contact_of(one), linking.contact_of(other)} <= held:
        held = {linking.contact_of(one), linking.contact_of(other)}
        linking.lock(held)
    kept, given_up = sorted((linking.contact_of(one), linking.contact_of(other)))
    return kept, given_up


def _is_nameless(contact: Contact) -> bool:
    """Whether a contact is called by nothing better than one of its addresses."""
    own = linking.identities_of(contact.id)
    return not contact.name or any(identity.value == contact.name for identity in own)
