"""Measured time: what a page says of how long its reader sits there, and by which name it goes on."""

from flask import Response, jsonify
from wtforms import StringField
from wtforms.validators import InputRequired, Length, NumberRange

from ticketdesk.core.db import db
from ticketdesk.tickets import sittings
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.desk.opened import Opened
from ticketdesk.web.forms import Form, WholeField


class SittingForm(Form):
    """So many seconds of this sitting so far."""

    sitting = StringField(validators=[InputRequired(), Length(max=200)])
    seconds = WholeField(validators=[InputRequired(), NumberRange(min=0, max=2**31)])


@blueprint.post("/tickets/<int:number>/sitting")
def sit(number: int) -> Response:
    """Hear it, also of a ticket that was merged meanwhile; the answer names the sitting that goes on."""
    ticket, form = door.find_for(number, "ticket.measure"), taken(SittingForm())
    sitting = sittings.read(form.sitting.data or "")
    sittings.hear(sitting, ticket, door.me(), form.seconds.data, door.now())
    db.session.commit()
    if sitting.is_over(door.me(), door.now()):
        sitting = sittings.begin(ticket, door.me(), door.now())
    return jsonify(sitting=sitting.words)


def offered(found: Opened) -> str | None:
    """The words by which an open page says it; None where nothing is measured."""
    me = door.me()
    is_measured = me.measures_time and "ticket.time" in found.may and found.joined is None
    return sittings.begin(found.ticket, me, door.now()).words if is_measured else None
