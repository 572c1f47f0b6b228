"""The fields of a ticket as its page shows them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for

from ticketdesk.accounts.agent import Agent
from ticketdesk.tickets import filling, referring
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.field_values import Values
from ticketdesk.tickets.referring import Referred
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class OwnField:
    """One field; `typed` is what its control holds, `error` why that was not taken."""

    field: TicketField
    values: Values
    words: str
    typed: str
    address: str | None = None  # of what it refers to
    is_hidden: bool = False  # it refers to something that the reader does not see
    error: str = ""

    @property
    def id(self) -> str:
        """Where it stands in the page."""
        return f"field-{self.field.id}"

    @property
    def options(self) -> Mapping[str, str]:
        """What can be chosen, with what is chosen already."""
        labels = self.field.labels
        return {**self.field.offered, **{key: labels[key] for key in self.values if key in labels}}


def of(ticket: Ticket, reader: Agent) -> list[OwnField]:
    """All that are asked in its queue or say something of it."""
    found = filling.of_ticket(ticket)
    named = _named(found, reader)
    return [_shown(field, values, named) for field, values in found]


def said_of(ticket_ids: Collection[int], fields: Sequence[TicketField], reader: Agent) -> dict[tuple[int, int], str]:
    """What some fields say of several tickets in a row of a list: "Wood: Oak", by ticket and field."""
    said = _said_of(ticket_ids, fields, reader)
    return {place: f"{own.field.label}: {own.words}" for place, own in said.items()}


def words_of(ticket_ids: Collection[int], fields: Sequence[TicketField], reader: Agent) -> dict[tuple[int, int], str]:
    """The same for machines that read it: days as 2026-03-14, and the words alone."""
    said = _said_of(ticket_ids, fields, reader)
    return {place: own.values[0] if own.field.kind == "date" else own.words for place, own in said.items()}


def _said_of(
    ticket_ids: Collection[int], fields: Sequence[TicketField], reader: Agent
) -> dict[tuple[int, int], OwnField]:
    found = filling.values_of(ticket_ids, fields)
    known = {field.id: field for field in fields}
    pairs = [(known[field_id], values) for (_ticket_id, field_id), values in found.items()]
    named = _named(pairs, reader)
    return {place: _shown(known[place[1]], values, named) for place, values in found.items()}


def _named(found: Sequence[tuple[TicketField, Values]], reader: Agent) -> dict[tuple[str, int], Referred | None]:
    """What they refer to, None for what is there no more; as many questions for many as for one."""
    wanted: dict[str, set[int]] = {}
    for field, values in found:
        if field.refers_to is not None and values:
            wanted.setdefault(field.refers_to, set()).update(map(int, values))
    known: dict[tuple[str, int], Referred | None] = {}
    for target, ids in wanted.items():
        seen = referring.named(target, ids, reader)
        known |= {(target, row_id): one for row_id, one in seen.items()}
        known |= {(target, row_id): None for row_id in referring.gone(target, ids - seen.keys())}
    return known


def _shown(field: TicketField, values: Values, named: Mapping[tuple[str, int], Referred | None]) -> OwnField:
    if field.refers_to is not None and values:
        place = (field.refers_to, int(values[0]))
        if place not in named:
            return OwnField(field, values, _("Something that you cannot see"), "", is_hidden=True)
        referred = named[place]
        if referred is None:
            return OwnField(field, values, _("Something that is there no more"), "")
        return OwnField(field, values, referred.name, referred.typed, _address(field.refers_to, referred))
    return OwnField(field, values, words(field, values), values[0] if values else "")


def words(field: TicketField, values: Values) -> str:
    """What its values are called; a reference is not for here."""
    if field.kind in ("choice", "choices"):
        return ", ".join(field.labels.get(key, key) for key in values)
    if field.kind == "checkbox":
        return _("Yes") if values else ""
    if field.kind == "date" and values:
        return formatting.date_only(date.fromisoformat(values[0]))
    return values[0] if values else ""


def _address(target: str, referred: Referred) -> str:
    if target == "ticket":
        return url_for("desk.ticket", number=int(referred.typed.removeprefix("#")))
    if target == "contact":
        return url_for("desk.contact", contact_id=referred.id)
    return url_for("desk.organization", organization_id=referred.id)
