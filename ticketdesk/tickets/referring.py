"""To what a field of a ticket can refer: another ticket, a contact or an organization, among those an agent sees."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from ticketdesk.contacts import addresses, linking
from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.tickets import acquaintances, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader

LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Referred:
    """What a reference says to a reader; `typed` finds the same again."""

    id: int
    name: str
    typed: str


def find(target: str, typed: str, reader: Reader) -> int | None:
    """The row that was meant, None where nothing was typed; raises Unfit for one that the reader does not see.

    A ticket is known by its number, a contact by an address, an organization by its name.
    """
    words = " ".join(typed.split())
    return _FIND[target](words, reader) if words else None


def named(target: str, ids: Collection[int], reader: Reader) -> Mapping[int, Referred]:
    """Those of some rows that the reader sees, by id; a contact that was joined into another is the other."""
    if not ids:
        return {}
    meant = _meant(target, ids)
    rows = db.session.execute(_NAMED[target](set(meant.values()), reader))
    seen = {row.id: Referred(row.id, row.name, row.typed) for row in rows}
    return {row_id: seen[end] for row_id, end in meant.items() if end in seen}


def gone(target: str, ids: Collection[int]) -> set[int]:
    """Those of some rows that are there no more for anybody, rather than hidden from a reader."""
    if not ids:
        return set()
    meant, table = _meant(target, ids), _TABLES[target]
    there = select(table.id).where(table.id.in_(set(meant.values())))
    if target == "contact":  # nobody is one without any address
        there = there.where(acquaintances.is_somebody())
    present = set(db.session.scalars(there))
    return {row_id for row_id, end in meant.items() if end not in present}


def saying(target: str, row_id: int) -> list[int]:
    """The rows that a reference to this one may name: with a contact all that were joined into it."""
    return linking.parts_of(row_id) if target == "contact" else [row_id]


def _meant(target: str, ids: Collection[int]) -> Mapping[int, int]:
    return linking.ends_of(ids) if target == "contact" else {row_id: row_id for row_id in ids}


def _ticket(words: str, reader: Reader) -> int:
    digits = words.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > LONGEST_NUMBER:
        raise Unfit("Give the number of a ticket, as in 1024.")
    wanted = visibility.visible_tickets(reader).with_only_columns(Ticket.id).where(Ticket.number == int(digits))
    found = db.session.scalar(wanted)
    if found is None:
        raise Unfit("There is no such ticket, or none that you can see.")
    return found


def _contact(words: str, reader: Reader) -> int:
    at = IdentityLink.identity_id == Identity.id
    of = select(IdentityLink.contact_id).join(Identity, at).where(IdentityLink.ended_at.is_(None))
    known = acquaintances.visible_contacts(reader).with_only_columns(Contact.id)
    found = db.session.scalar(
        known.where(Contact.id.in_(of.where(Identity.value.in_((words, addresses.normal(words)))))).limit(1)
    )
    if found is None:
        raise Unfit("There is no contact with this address, or none that you can see.")
    return found


def _organization(words: str, reader: Reader) -> int:
    found = db.session.scalar(select(Organization.id).where(func.lower(Organization.name) == words.lower()))
    if found is None:
        raise Unfit("There is no organization of this name.")
    return found


def _tickets(ids: Collection[int], reader: Reader) -> Select[int, str, str]:
    name = func.concat("#", Ticket.number, " ", Ticket.subject).label("name")
    seen = select(Ticket.id, name, func.concat("#", Ticket.number).label("typed"))
    return seen.where(Ticket.id.in_(ids), visibility.sees(reader))


def _contacts(ids: Collection[int], reader: Reader) -> Select[int, str, str]:
    address = (
        select(Identity.value)
        .join(IdentityLink, IdentityLink.identity_id == Identity.id)
        .where(IdentityLink.contact_id == Contact.id, IdentityLink.ended_at.is_(None))
        .order_by(Identity.kind != "email", Identity.value)  # by whatever else they are known, where no mail reaches
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    name = func.coalesce(func.nullif(Contact.name, ""), address).label("name")
    return select(Contact.id, name, address.label("typed")).where(Contact.id.in_(ids), acquaintances.knows(reader))


def _organizations(ids: Collection[int], reader: Reader) -> Select[int, str, str]:
    return select(Organization.id, Organization.name, Organization.name.label("typed")).where(Organization.id.in_(ids))


_TABLES: Mapping[str, type[Ticket] | type[Contact] | type[Organization]] = {
    "ticket": Ticket,
    "contact": Contact,
    "organization": Organization,
}
_FIND: Mapping[str, Callable[[str, Reader], int]] = {
    "ticket": _ticket,
    "contact": _contact,
    "organization": _organization,
}
_NAMED: Mapping[str, Callable[[Collection[int], Reader], Select[int, str, str]]] = {
    "ticket": _tickets,
    "contact": _contacts,
    "organization": _organizations,
}
