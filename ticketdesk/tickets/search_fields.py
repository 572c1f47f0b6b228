"""What `field:` asks in a search: "wood" for anything, "wood=oak", and for numbers and days "price>=10" as well."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, exists, false, select, true

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts import attribute_values
from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.tickets import field_values, referring, view_fields
from ticketdesk.tickets.field import FieldValue, TicketField
from ticketdesk.tickets.ticket import Ticket

_ASKED = re.compile(r"([a-z][a-z0-9_]*)(?:(<=|>=|=|<|>)(.+))?", re.DOTALL | re.IGNORECASE)
_COMPARED: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "<": lambda column, value: column < value,
    ">": lambda column, value: column > value,
    "<=": lambda column, value: column <= value,
    ">=": lambda column, value: column >= value,
}


def is_understood(value: str) -> bool:
    """Whether there is such a field that can be asked so."""
    found = _understood(value)
    if found is None:
        return False
    field, sign, words = found
    if not sign:
        return True
    if field.kind in ("number", "date"):
        return _plain(field, words) is not None
    return sign == "=" and (field.kind != "checkbox" or words.casefold() in ("yes", "no"))


def of_ticket(value: str, agent: Agent) -> ColumnElement[bool]:
    """As a condition on Ticket; what a reference names is found among what the agent sees."""
    found = _understood(value)
    if found is None:
        return false()
    field, sign, words = found
    says = select(FieldValue.ticket_id).where(FieldValue.field_id == field.id)
    if field.kind == "checkbox" and words.casefold() == "no":
        return ~exists().where(FieldValue.ticket_id == Ticket.id, FieldValue.field_id == field.id)
    return Ticket.id.in_(says.where(_says(field, sign, words, agent) if sign else true()))


def _understood(value: str) -> tuple[TicketField, str, str] | None:
    asked = _ASKED.fullmatch(value.strip())
    if asked is None:
        return None
    key, sign, words = asked.groups(default="")
    field = next((field for field in view_fields.own().values() if field.key == key.lower()), None)
    return None if field is None else (field, sign, field_values.composed(" ".join(words.split())))


def _says(field: TicketField, sign: str, words: str, agent: Agent) -> ColumnElement[bool]:
    if field.kind in ("number", "date"):
        plain = _plain(field, words)
        if plain is None:
            return false()
        column = FieldValue.number if field.kind == "number" else FieldValue.day
        return _COMPARED[sign](column, field_values.column(field.kind, plain))
    if field.kind in ("choice", "choices"):
        named = words.casefold()
        keys = [key for key, label in field.labels.items() if named in (key, field_values.composed(label).casefold())]
        return FieldValue.code.in_(keys)
    if field.kind == "reference":
        return _refers(field, words, agent)
    return FieldValue.words.icontains(words, autoescape=True) if field.kind == "text" else FieldValue.code == "yes"


def _refers(field: TicketField, words: str, agent: Agent) -> ColumnElement[bool]:
    target = field.refers_to or ""
    try:
        found = referring.find(target, words, agent)
    except Unfit:
        return false()
    return false() if found is None else FieldValue.refers_id.in_(referring.saying(target, found))


def _plain(field: TicketField, words: str) -> str | None:
    try:
        return attribute_values.normal(field.kind, words) or None
    except Unfit:
        return None
