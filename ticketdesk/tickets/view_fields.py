"""What saved views can ask of tickets besides: the fields made by administrators, and whether they say so."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, exists, func, not_, select, true

from ticketdesk.core.db import db
from ticketdesk.core.kept import kept
from ticketdesk.tickets import field_values
from ticketdesk.tickets.field import FieldValue, TicketField
from ticketdesk.tickets.saved_view_fields import COLUMNS, FIELDS, Asks, Condition, Field
from ticketdesk.tickets.ticket import Ticket

PREFIX = "field-"
"""Before the number of a field: so conditions and columns name it."""

_ANYTHING: Mapping[str, Asks] = {"any": "nothing", "none": "nothing"}
_CHOICES: Mapping[str, Asks] = {"is": "choices", "is_not": "choices", **_ANYTHING}
OPERATORS: Mapping[str, Mapping[str, Asks]] = {
    "text": {"says": "text", "contains": "text", "contains_not": "text", **_ANYTHING},
    "number": {"equals": "number", "least": "number", "most": "number", **_ANYTHING},
    "choice": _CHOICES,
    "choices": _CHOICES,
    "date": {"on": "day", "before": "day", "after": "day", **_ANYTHING},
    "checkbox": {"yes": "nothing", "no": "nothing"},
    "reference": _ANYTHING,
}
"""What each kind can be asked; an operator of the same name asks the same of all kinds."""


def own() -> Mapping[str, TicketField]:
    """All fields by the name that conditions and columns give them, in their order, archived ones last."""
    known = kept("ticket_fields")
    if "all" not in known:
        order = (TicketField.archived_at.is_not(None), TicketField.position, TicketField.id)
        known["all"] = {
            f"{PREFIX}{field.id}": field for field in db.session.scalars(select(TicketField).order_by(*order))
        }
    found: Mapping[str, TicketField] = known["all"]
    return found


def fields() -> Mapping[str, Field]:
    """Everything that can be asked of a ticket, those of every desk first."""
    return {
        **FIELDS,
        **{name: Field(name, OPERATORS[field.kind], tuple(field.labels)) for name, field in own().items()},
    }


def columns() -> tuple[str, ...]:
    """Everything that rows can show besides."""
    return (*COLUMNS, *own())


def asked(one: Condition) -> ColumnElement[bool]:
    """A condition on a field of one's own, as a condition on Ticket."""
    one = replace(one, values=tuple(map(field_values.composed, one.values)))
    if one.operator == "says":
        return _says_exactly(one)
    said = exists().where(FieldValue.ticket_id == Ticket.id, FieldValue.field_id == int(one.field.removeprefix(PREFIX)))
    found = said.where(_SAYS[one.operator](one.values))
    return not_(found) if one.operator in _WITHOUT else found


def _says_exactly(one: Condition) -> ColumnElement[bool]:
    """The few tickets that say just this, looked up first.

    PostgreSQL knows little of how often words occur, and would rather walk through all tickets in their order.
    """
    field_id = int(one.field.removeprefix(PREFIX))
    says = select(FieldValue.ticket_id).where(FieldValue.field_id == field_id, _SAYS["says"](one.values))
    return Ticket.id == any_(func.array(says.scalar_subquery(), type_=ARRAY(BigInteger)))


_WITHOUT = ("is_not", "contains_not", "none", "no")
_SAYS: Mapping[str, Callable[[tuple[str, ...]], ColumnElement[bool]]] = {
    "is": lambda values: FieldValue.code.in_(values),
    "is_not": lambda values: FieldValue.code.in_(values),
    "says": lambda values: func.lower(FieldValue.words) == func.lower(values[0]),
    "contains": lambda values: FieldValue.words.icontains(values[0], autoescape=True),
    "contains_not": lambda values: FieldValue.words.icontains(values[0], autoescape=True),
    "equals": lambda values: FieldValue.number == Decimal(values[0]),
    "least": lambda values: FieldValue.number >= Decimal(values[0]),
    "most": lambda values: FieldValue.number <= Decimal(values[0]),
    "on": lambda values: FieldValue.day == date.fromisoformat(values[0]),
    "before": lambda values: FieldValue.day < date.fromisoformat(values[0]),
    "after": lambda values: FieldValue.day > date.fromisoformat(values[0]),
    "yes": lambda values: FieldValue.code == "yes",
    "no": lambda values: FieldValue.code == "yes",
    "any": lambda values: true(),
    "none": lambda values: true(),
}
