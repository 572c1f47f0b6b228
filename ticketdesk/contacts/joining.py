"""Two contacts are one person: their identities belong to one of them from now on, and that can be undone."""

from datetime import datetime

from sqlalchemy import select

from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.core.db import db


def join(one: Identity, other: Identity, evidence: str, at: datetime) -> Contact | None:
    """Let the contacts of two identities be one, the older; returns it, or None when that must not be.

    Nothing is rewritten: the links of the younger contact end and new ones begin, which say why (SEMANTICS 2). An
    address that many people share is no evidence, and two identities that were signed for differ for good.
    """
    if one.is_shared or other.is_shared:
        return None
    kept, given_up = _locked(one, other)
    contact = db.session.get_one(Contact, kept)
    if kept == given_up:
        return contact
    if len(_signed(kept) | _signed(given_up)) > 1:
        return None
    for link in db.session.scalars(
        select(IdentityLink)
        .where(IdentityLink.contact_id == given_up, IdentityLink.ended_at.is_(None))
        .order_by(IdentityLink.id)
        .with_for_update()
    ).all():
        link.ended_at = at
        db.session.flush()  # before the new one: an identity has one current link
        db.session.add(IdentityLink(identity_id=link.identity_id, contact_id=kept, evidence=evidence, started_at=at))
    younger = db.session.get_one(Contact, given_up)
    if _is_nameless(contact, kept) and younger.name:
        contact.name = younger.name
    db.session.flush()
    return contact


def _locked(one: Identity, other: Identity) -> tuple[int, int]:
    """The contacts of two identities, the older first; both locked, and no others by the time they were."""
    held: set[int] = set()
    while not {_contact_of(one), _contact_of(other)} <= held:
        held = {_contact_of(one), _contact_of(other)}
        db.session.execute(
            select(Contact.id).where(Contact.id.in_(held)).order_by(Contact.id).with_for_update(key_share=True)
        ).all()
    kept, given_up = sorted((_contact_of(one), _contact_of(other)))
    return kept, given_up


def _contact_of(identity: Identity) -> int:
    return db.session.scalars(
        select(IdentityLink.contact_id).where(IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None))
    ).one()


def _signed(contact_id: int) -> set[int]:
    """The identities of a contact that somebody signed for."""
    return set(
        db.session.scalars(
            select(Identity.id)
            .join(IdentityLink, IdentityLink.identity_id == Identity.id)
            .where(
                IdentityLink.contact_id == contact_id,
                IdentityLink.ended_at.is_(None),
                Identity.verification == "signed",
            )
        )
    )


def _is_nameless(contact: Contact, contact_id: int) -> bool:
    """Whether a contact is called by nothing better than one of its addresses."""
    values = select(Identity.value).join(IdentityLink, IdentityLink.identity_id == Identity.id)
    own = values.where(IdentityLink.contact_id == contact_id, Identity.value == contact.name)
    return not contact.name or db.session.scalar(own.limit(1)) is not None
