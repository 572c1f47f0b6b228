"""One contact is two people after all: some of its identities go to a contact of their own."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from ticketdesk.contacts import joining, linking
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, called
from ticketdesk.contacts.joined import ContactJoin, KeptApart
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid

UNDO = timedelta(minutes=10)
"""So long a separation is taken back by one click; later the two are joined like any others, with a preview."""


def separate(contact: Contact, identity_ids: Collection[int], by: Actor, at: datetime) -> Contact:
    """Give some identities of a contact a contact of their own, and keep the two apart; returns the new one.

    Where they are just what came with an earlier join, that contact stands for itself again. Raises Invalid when
    nothing would go, or nothing would stay.
    """
    linking.lock([contact.id])
    here = linking.identities_of(contact.id)
    going = [identity for identity in here if identity.id in identity_ids]
    staying = [identity for identity in here if identity.id not in identity_ids]
    if not going or not staying or len(going) != len(set(identity_ids)):
        raise Invalid("Choose at least one address that goes, and let at least one stay.", "identity")
    for join in joining.of(linking.parts_of(contact.id)):
        if {one.id for one in here if one.id in join.identity_ids} == {one.id for one in going}:
            return joining.undo(join, by, at)
    first = going[0]
    made = Contact(name=called(first.kind, first.name, first.value), organization_id=None, created_at=at)
    db.session.add(made)
    db.session.flush()
    linking.move(going, made.id, "separated", at)
    joining.keep_apart(going, staying, by, at)
    audit.note("contact_separated", "contact", contact.id, by, at, {"other": made.id})
    return made


def can_undo(contact: Contact, other: Contact, by: Actor, at: datetime) -> bool:
    """Whether two contacts are what this person took apart just now, with nothing joined to either meanwhile.

    That somebody said of them that they are two people is not enough: they must have been one.
    """
    here, there = linking.identities_of(contact.id), linking.identities_of(other.id)
    if not here or not there or not _is_just_now(here, there, by, at):
        return False
    was, is_now = aliased(IdentityLink), aliased(IdentityLink)
    went = db.session.scalars(
        select(is_now.identity_id)
        .join(was, and_(was.identity_id == is_now.identity_id, was.ended_at == is_now.started_at))
        .where(
            is_now.contact_id == other.id,
            is_now.ended_at.is_(None),
            is_now.evidence == "separated",
            is_now.started_at > at - UNDO,
            was.contact_id == contact.id,
        )
    )
    return set(went) == {identity.id for identity in there}


def undo(contact: Contact, other: Contact, by: Actor, at: datetime) -> ContactJoin:
    """Take a separation back; raises Conflict when it is too late for that."""
    linking.lock((contact.id, other.id))
    if not can_undo(contact, other, by, at):
        raise Conflict("This cannot be undone by one click any more. Join the two contacts instead.")
    return joining.join_by_hand(contact, other, by, at)


def _is_just_now(here: Collection[Identity], there: Collection[Identity], by: Actor, at: datetime) -> bool:
    these, those = [identity.id for identity in here], [identity.id for identity in there]
    apart = db.session.execute(
        select(KeptApart.one_id, KeptApart.other_id).where(
            or_(
                and_(KeptApart.one_id.in_(these), KeptApart.other_id.in_(those)),
                and_(KeptApart.one_id.in_(those), KeptApart.other_id.in_(these)),
            ),
            KeptApart.by_id == by.id,
            KeptApart.at > at - UNDO,
        )
    ).all()
    return len(apart) == len(these) * len(those)
