"""Putting a ticket away until its time, and bringing it back."""

import json
from datetime import datetime

from flask import render_template, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, Optional

from ticketdesk.core.db import db
from ticketdesk.tickets import snoozing
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import door, later, showing, undoable
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.desk.later import LaterForm
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


class SnoozeForm(LaterForm):
    """Until when, and whether that may be after the ticket is due."""

    despite = StringField(validators=[Optional(), AnyOf(["yes"])])


@blueprint.get("/tickets/<int:number>/snooze")
def snooze_sheet(number: int) -> str:
    """The sheet that asks until when."""
    return _sheet(door.find_for(number, "ticket.snooze"), SnoozeForm(formdata=None))


@blueprint.post("/tickets/<int:number>/snooze")
def snooze(number: int) -> Response | tuple[str, int]:
    """Put it away; what is due before it would be back must be said yes to."""
    ticket, form = door.find_for(number, "ticket.snooze"), SnoozeForm()
    if not form.validate():
        return _sheet(ticket, form), 422
    with form.refusals():
        try:
            return _away(ticket, form)
        except snoozing.DueBefore as refusal:
            db.session.rollback()
            return _sheet(ticket, form, refusal.due_at), 409
    return _sheet(ticket, form), 422


@blueprint.post("/tickets/<int:number>/waking")
def wake(number: int) -> Response:
    """Bring it back now."""
    ticket = door.find_for(number, "ticket.snooze")
    taken(EmptyForm())
    snoozing.wake(ticket, "by_hand", door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("#%(number)s is back in its lists", number=number))


def _away(ticket: Ticket, form: SnoozeForm) -> Response:
    until = form.moment(door.me())
    snoozing.snooze(ticket, until, door.me().actor, door.now(), despite_due=form.despite.data == "yes")
    db.session.commit()
    response = showing.changed(ticket)
    response.headers["HX-Reswap"] = "none"
    said = _("#%(number)s is away until %(when)s.", number=ticket.number, when=formatting.ahead(until))
    back = undoable.way_back(said, url_for("desk.wake", number=ticket.number))
    response.headers["HX-Trigger-After-Settle"] = json.dumps(back)
    return response


def _sheet(ticket: Ticket, form: SnoozeForm, due_at: datetime | None = None) -> str:
    template = "desk/_snooze.html" if door.by_htmx() else "desk/snooze.html"
    return render_template(
        template, ticket=ticket, form=form, offers=later.offers(door.me(), door.now()), due_at=due_at
    )
