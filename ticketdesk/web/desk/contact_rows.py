"""The list of contacts: one page of those that an agent may see, by name."""

import base64
import binascii
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import CHATTING, Contact, Identity, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import acquaintances, visibility

PAGE = 50
MOST_WORDS = 6
FEW = 1_000
"""Contacts with one word that are named one by one."""
SHOWN = 2
"""Addresses of a contact that a row tells."""


@dataclass(frozen=True, slots=True)
class Row:
    """One contact as the list shows it."""

    id: int
    name: str
    organization_id: int | None
    organization: str | None
    addresses: tuple[str, ...]
    more: int  # addresses that are not shown
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the key of the next ones."""

    rows: list[Row]
    after: str | None


def page(agent: Agent, typed: str, after: str | None, *, among: ColumnElement[bool] | None = None) -> Page:
    """The next contacts in which all typed words are found; raises Invalid for a made-up key."""
    key = func.lower(Contact.name)
    wanted = (
        select(Contact.id, Contact.name, Contact.organization_id, Organization.name.label("organization"))
        .outerjoin(Organization, Organization.id == Contact.organization_id)
        .where(acquaintances.knows(visibility.reader(agent)), *_found(typed))
        .order_by(key, Contact.id)
        .limit(PAGE + 1)
    )
    if among is not None:
        wanted = wanted.where(among)
    if after is not None:
        wanted = wanted.where(tuple_(key, Contact.id) > tuple_(*_opened(after)))
    found = db.session.execute(wanted).all()
    reached = _identities([row.id for row in found[:PAGE]])
    rows = []
    for row in found[:PAGE]:
        own = reached.get(row.id, [])
        addresses = [one.called if one.kind in CHATTING else one.value for one in own]
        channels = dict.fromkeys("email" if one.kind == "email" else "chat" for one in own)
        rows.append(
            Row(
                id=row.id,
                name=row.name,
                organization_id=row.organization_id,
                organization=row.organization,
                addresses=tuple(addresses[:SHOWN]),
                more=max(0, len(addresses) - SHOWN),
                channels=tuple(channels),
            )
        )
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(rows, _key(last.name, last.id) if last is not None else None)


def _found(typed: str) -> list[ColumnElement[bool]]:
    """A condition for each word: in the name, in an address, or in the organization's name.

    Words that few contacts have are looked up by their index first; those that many have are met while the list is
    walked through in its order.
    """
    conditions = []
    for word in typed.split()[:MOST_WORDS]:
        ids = db.session.scalars(_with(word).limit(FEW + 1)).all()
        conditions.append(Contact.id.in_(ids) if len(ids) <= FEW else _has(word))
    return conditions


def _with(word: str) -> Select[int]:
    """The ids of the contacts that a word is found in, by the indexes of parts of words."""
    named = select(Contact.id).where(_contains(Contact.name, word))
    reached = (
        select(IdentityLink.contact_id)
        .join(Identity, Identity.id == IdentityLink.identity_id)
        .where(IdentityLink.ended_at.is_(None), _contains(Identity.value, word))
    )
    belonging = select(Contact.id).where(Contact.organization_id.in_(_houses(word)))
    # Doubles are let pass: to take them out all would have to be found before the first is told.
    return select(union_all(named, reached, belonging).subquery().c.id)


def _has(word: str) -> ColumnElement[bool]:
    """The same, asked of one contact after another."""
    reached = select(IdentityLink.id).where(
        IdentityLink.contact_id == Contact.id,
        IdentityLink.ended_at.is_(None),
        Identity.id == IdentityLink.identity_id,
        _contains(Identity.value, word),
    )
    return or_(
        _contains(Contact.name, word),
        Contact.organization_id.in_(_houses(word)),
        reached.offset(0).correlate(Contact).exists(),
    )


def _houses(word: str) -> Select[int]:
    return select(Organization.id).where(_contains(Organization.name, word))


def _contains(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """ILIKE itself, which has an index, with nothing of the word taken for a pattern."""
    literal = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return column.ilike(f"%{literal}%", escape="/")


def _identities(contact_ids: list[int]) -> dict[int, list[Identity]]:
    """What belongs to some contacts, mail addresses first."""
    found: dict[int, list[Identity]] = {}
    rows = db.session.execute(
        select(IdentityLink.contact_id, Identity)
        .join(Identity, Identity.id == IdentityLink.identity_id)
        .where(IdentityLink.contact_id.in_(contact_ids), IdentityLink.ended_at.is_(None))
        .order_by(Identity.kind != "email", Identity.id)
    )
    for contact_id, identity in rows:
        found.setdefault(contact_id, []).append(identity)
    return found


def _key(name: str, contact_id: int) -> str:
    """Where a page ends, as a short word for an address."""
    return base64.urlsafe_b64encode(f"{contact_id} {name}".encode()).decode().rstrip("=")


def _opened(key: str) -> tuple[ColumnElement[str], int]:
    try:
        number, _space, name = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().partition(" ")
        contact_id = int(number)
    except (ValueError, binascii.Error) as error:
        raise Invalid("This is not a place in a list.") from error
    if "\x00" in name or abs(contact_id) >= 2**63:
        raise Invalid("This is not a place in a list.")
    return func.lower(name), contact_id
