"""What is to be done for a ticket: adding lines, ticking them off, and the way back."""

import json

from flask import flash, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Length

from ticketdesk.core.db import db
from ticketdesk.tickets import checklist
from ticketdesk.web.desk import door, showing, undoable
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import WantedForm, taken
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _


class LineForm(Form):
    """What is to be done; several lines are several things."""

    text = StringField(validators=[InputRequired(), Length(max=checklist.MOST * checklist.LONGEST)])


class PlaceForm(Form):
    """Which way."""

    to = StringField(validators=[InputRequired(), AnyOf(["up", "down"])])


@blueprint.post("/tickets/<int:number>/checklist")
def add_to_checklist(number: int) -> Response:
    """Put something on the list."""
    ticket = door.find_for(number, "ticket.checklist")
    checklist.add(ticket, taken(LineForm()).text.data or "", door.me(), door.now())
    db.session.commit()
    return showing.changed(ticket)


@blueprint.post("/tickets/<int:number>/checklist/<int:item_id>/completion")
def tick_off(number: int, item_id: int) -> Response:
    """It is done, or not after all."""
    ticket = door.find_for(number, "ticket.checklist")
    done = taken(WantedForm()).wanted.data == "yes"
    checklist.tick(ticket, item_id, door.me(), door.now(), done=done)
    db.session.commit()
    return showing.changed(ticket)


@blueprint.post("/tickets/<int:number>/checklist/<int:item_id>/text")
def rename_on_checklist(number: int, item_id: int) -> Response:
    """Say it in other words."""
    ticket = door.find_for(number, "ticket.checklist")
    checklist.rename(ticket, item_id, taken(LineForm()).text.data or "", door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket)


@blueprint.post("/tickets/<int:number>/checklist/<int:item_id>/place")
def move_on_checklist(number: int, item_id: int) -> Response:
    """One place up or down."""
    ticket = door.find_for(number, "ticket.checklist")
    checklist.move(ticket, item_id, door.me().actor, door.now(), up=taken(PlaceForm()).to.data == "up")
    db.session.commit()
    return showing.changed(ticket)


@blueprint.post("/tickets/<int:number>/checklist/<int:item_id>/removal")
def take_off_checklist(number: int, item_id: int) -> Response:
    """Take it off the list; whoever does is shown the way back."""
    ticket = door.find_for(number, "ticket.checklist")
    taken(EmptyForm())
    checklist.remove(ticket, item_id, door.me().actor, door.now())
    db.session.commit()
    said = _("The line is off the list")
    if not door.by_htmx():
        flash(said)
    response = showing.changed(ticket)
    back = url_for("desk.put_back_on_checklist", number=ticket.number, item_id=item_id)
    response.headers["HX-Trigger"] = json.dumps(undoable.way_back(said, back))
    return response


@blueprint.post("/tickets/<int:number>/checklist/<int:item_id>/restoration")
def put_back_on_checklist(number: int, item_id: int) -> Response:
    """What was taken off stands where it stood."""
    ticket = door.find_for(number, "ticket.checklist")
    taken(EmptyForm())
    checklist.put_back(ticket, item_id, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket)
