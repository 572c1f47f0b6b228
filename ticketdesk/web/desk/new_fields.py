"""The fields of one's own that are asked while a ticket is opened by an agent."""

from typing import Any

from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import Length, Optional

from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.field_values import LONGEST
from ticketdesk.tickets.fields import Asked
from ticketdesk.web.desk.forms import NewTicketForm
from ticketdesk.web.forms import BoxesField, offered
from ticketdesk.web.texts import _

PREFIX = "field-"


class Form(NewTicketForm):
    """The form with the fields of every queue that can be chosen; those of the chosen one count."""

    of_queues: tuple[Asked, ...] = ()

    @property
    def own(self) -> list[tuple[Asked, Field]]:
        """The fields with their controls, in their order."""
        return [(one, self[f"{PREFIX}{one.field.id}"]) for one in self.of_queues]

    def is_filled(self) -> bool:
        """Whether all that must be said in the chosen queue is said; what is missing is told beside its field."""
        missing = [
            (one.field, control)
            for one, control in self.own
            if one.field.required_in_forms and one.is_in(self.queue.data) and not said(one.field, control)
        ]
        for field, control in missing:
            chosen = field.kind in ("choice", "choices")
            words = _("Choose one for “%(label)s”.") if chosen else _("Fill in “%(label)s”.")
            control.errors = [*control.errors, words % {"label": field.label}]
        return not missing

    def given(self) -> dict[TicketField, tuple[str, ...]]:
        """What was typed into the fields of the chosen queue."""
        given = {one.field: said(one.field, control) for one, control in self.own if one.is_in(self.queue.data)}
        return {field: typed for field, typed in given.items() if typed}


def class_of(asked: list[Asked]) -> type[Form]:
    """The form that asks these fields; made anew each time, because administrators change them."""
    made: dict[str, Any] = {f"{PREFIX}{one.field.id}": control(one.field) for one in asked}
    return type("NewTicketForm", (Form,), {**made, "of_queues": tuple(asked)})


def control(field: TicketField) -> Field:
    """What one of them is filled in with."""
    if field.kind == "checkbox":
        return BooleanField(field.label, description=field.help)
    if field.kind == "choices":
        return BoxesField(field.label, [Optional()], choices=offered(field.offered.items()), description=field.help)
    if field.kind == "choice":
        pairs = [("", _("Choose one")), *field.offered.items()]
        return SelectField(field.label, [Optional()], choices=offered(pairs), description=field.help)
    return StringField(field.label, [Length(max=LONGEST)], description=field.help, render_kw=_shown(field))


def _shown(field: TicketField) -> dict[str, str]:
    if field.kind == "date":
        return {"type": "date"}
    if field.kind == "number":
        return {"inputmode": "decimal", "autocomplete": "off"}
    named = {"ticket": _("number of a ticket"), "contact": _("address of a contact")}
    told = {} if field.refers_to is None else {"placeholder": named.get(field.refers_to, _("name of an organization"))}
    return {"autocomplete": "off", **told}


def said(field: TicketField, given: Field) -> tuple[str, ...]:
    """As its verb takes it."""
    if field.kind == "checkbox":
        return ("yes",) if given.data else ()
    if field.kind == "choices":
        return tuple(given.data or ())
    return (given.data,) if (given.data or "").strip() else ()
