"""Time spent on a ticket: the sheet that shows it, and writing it down, correcting and removing it."""

import json

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response
from wtforms import DateField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.tickets import span_words, timekeeping, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import spans
from ticketdesk.web.desk import dialogs, door, showing, time_shown, undoable
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm, Form, plain
from ticketdesk.web.texts import _


class TimeForm(Form):
    """How long, and of what."""

    spent = StringField(
        "How long",
        [InputRequired("Write how long it took, such as 45 or 1h 20m."), Length(max=span_words.LONGEST)],
        description="Minutes, 1h 20m, 0:45 or 1.5 hours.",
        filters=[plain],
    )
    note = StringField(
        "Note",
        [Length(max=timekeeping.LONGEST_NOTE, message="This is too long: at most 200 letters fit.")],
        filters=[plain],
    )

    @property
    def seconds(self) -> int:
        """What was typed."""
        return span_words.understand(self.spent.data or "") or 0

    def validate_spent(self, field: StringField) -> None:
        """Raises ValidationError for words that say no length of time."""
        if span_words.understand(field.data or "") is None:
            raise ValidationError(_("This is not understood. Write it like 45 (minutes), 1h 20m or 0:45."))


class NewTimeForm(TimeForm):
    """The same, and when."""

    day = DateField("Day", [Optional()])


@blueprint.get("/tickets/<int:number>/time")
def time_sheet(number: int) -> Response:
    """The sheet with everybody's time that one may know of."""
    return _sheet(door.find_for(number, "ticket.time"), _new())


@blueprint.post("/tickets/<int:number>/time")
def add_time(number: int) -> Response:
    """Write down time of one's own; whoever does is shown the way back."""
    ticket, form = door.find_for(number, "ticket.time"), NewTimeForm()
    if form.validate():
        with form.refusals():
            day = form.day.data or timekeeping.day_of(door.me(), door.now())
            spent = timekeeping.add(ticket, form.seconds, day, form.note.data or "", door.me(), door.now())
            db.session.commit()
            said = _("%(span)s written down", span=spans.short(spent.seconds))
            return _done(ticket, said, url_for("desk.remove_time", number=number, time_id=spent.id))
    return _sheet(ticket, form, status=422)


@blueprint.post("/tickets/<int:number>/time/<int:time_id>/correction")
def correct_time(number: int, time_id: int) -> Response:
    """Say that it took so long; the sheet stays, for the next line."""
    ticket, form = door.find_for(number, "ticket.time"), TimeForm()
    if form.validate():
        with form.refusals():
            timekeeping.correct(ticket, time_id, form.seconds, form.note.data or "", door.me(), door.now())
            db.session.commit()
            return _kept(ticket)
    return _sheet(ticket, _new(), form, time_id, status=422)


@blueprint.post("/tickets/<int:number>/time/<int:time_id>/removal")
def remove_time(number: int, time_id: int) -> Response:
    """Let it count no longer; whoever does is shown the way back."""
    ticket = door.find_for(number, "ticket.time")
    taken(EmptyForm())
    spent = timekeeping.remove(ticket, time_id, door.me(), door.now())
    db.session.commit()
    said = _("%(span)s removed", span=spans.short(spent.seconds))
    return _done(ticket, said, url_for("desk.put_time_back", number=number, time_id=time_id))


@blueprint.post("/tickets/<int:number>/time/<int:time_id>/restoration")
def put_time_back(number: int, time_id: int) -> Response:
    """What was removed counts again."""
    ticket = door.find_for(number, "ticket.time")
    taken(EmptyForm())
    timekeeping.put_back(ticket, time_id, door.me(), door.now())
    db.session.commit()
    return showing.changed(ticket)


def _done(ticket: Ticket, said: str, back: str) -> Response:
    """The ticket with what is new beside it, and the way back, which closes the sheet."""
    if not door.by_htmx():
        flash(said)
    response = showing.changed(ticket)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Trigger-After-Settle"] = json.dumps(undoable.way_back(said, back))
    return response


def _kept(ticket: Ticket) -> Response:
    """The sheet again, with what was said of a line."""
    if not door.by_htmx():
        flash(_("Kept."))
        return redirect(url_for("desk.time_sheet", number=ticket.number), 303)
    response = _sheet(ticket, _new())
    response.headers["HX-Trigger"] = json.dumps({"said": _("Kept.")})
    return response


def _new() -> NewTimeForm:
    form = NewTimeForm(formdata=None)
    form.day.data = timekeeping.day_of(door.me(), door.now())
    return form


def _sheet(
    ticket: Ticket,
    form: NewTimeForm,
    corrected: TimeForm | None = None,
    corrected_id: int | None = None,
    status: int = 200,
) -> Response:
    me = door.me()
    is_all = allowed(me, "ticket.read_time", visibility.level(me, ticket))
    total, people = time_shown.of(ticket, me, is_all=is_all)
    shown = {"ticket": ticket, "form": form, "corrected": corrected, "corrected_id": corrected_id}
    return dialogs.sheet("desk/_time.html", {**shown, "total": total, "people": people}, status)
