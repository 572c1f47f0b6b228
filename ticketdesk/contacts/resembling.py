"""Contacts that look like one person: soft evidence, which only suggests (SEMANTICS 2)."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.contacts.joined import KeptApart
from ticketdesk.contacts.organizations import EVERYBODYS


def by_name_and_domain(contact: Contact, own: Collection[Identity]) -> Select[int]:
    """The ids of other contacts of the same name who have an address at the same domain.

    A domain where everybody can have an address is no sign, and a shared address is nobody's.
    """
    domains = {one.value.rpartition("@")[2] for one in own if one.kind == "email" and not one.is_shared} - EVERYBODYS
    return (
        select(Contact.id)
        .join(IdentityLink, (IdentityLink.contact_id == Contact.id) & IdentityLink.ended_at.is_(None))
        .join(Identity, Identity.id == IdentityLink.identity_id)
        .where(
            func.lower(Contact.name) == contact.name.lower(),
            Contact.id != contact.id,
            Identity.kind == "email",
            Identity.is_shared.is_(False),
            func.split_part(Identity.value, "@", 2).in_(domains),
        )
    )


def holders(identity_ids: Select[int]) -> Select[int]:
    """The ids of the contacts to which some identities belong."""
    return select(IdentityLink.contact_id).where(
        IdentityLink.identity_id.in_(identity_ids), IdentityLink.ended_at.is_(None)
    )


def may_be(own: Collection[Identity]) -> ColumnElement[bool]:
    """As a condition on Contact: nobody said that it is not the one to whom `own` belongs, and no site signs for both.

    Where a site signs for one of `own`, whoever has another signed id is somebody else.
    """
    ids = [one.id for one in own]
    theirs, signed = aliased(IdentityLink), aliased(Identity)
    apart = exists().where(
        theirs.contact_id == Contact.id,
        theirs.ended_at.is_(None),
        or_(
            and_(KeptApart.one_id == theirs.identity_id, KeptApart.other_id.in_(ids)),
            and_(KeptApart.other_id == theirs.identity_id, KeptApart.one_id.in_(ids)),
        ),
    )
    if not any(one.verification == "signed" for one in own):
        return ~apart
    others = exists().where(
        theirs.contact_id == Contact.id,
        theirs.ended_at.is_(None),
        signed.id == theirs.identity_id,
        signed.verification == "signed",
    )
    return and_(~apart, ~others)
