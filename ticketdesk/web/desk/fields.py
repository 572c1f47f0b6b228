"""What is said of a ticket in fields of one's own."""

from dataclasses import replace

from flask import make_response, render_template
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.tickets import batching
from ticketdesk.tickets.batch_changes import SetField
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, own_fields, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import OwnFieldForm, taken
from ticketdesk.web.desk.own_fields import OwnField
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/fields/<int:field_id>")
def fill_in(number: int, field_id: int) -> Response:
    """Say something in one field, or nothing."""
    ticket = door.find_for(number, "ticket.fields")
    own = _find(ticket, field_id)
    typed = taken(OwnFieldForm())["value"].data or []
    try:
        batch_id = batching.carry_out_on(ticket, door.me(), SetField(own.field, typed, door.me()), door.now())
    except Invalid as refusal:
        return _refused(ticket, replace(own, typed=typed[-1] if typed else "", error=str(refusal)))
    db.session.commit()
    return showing.changed(ticket, _("%(field)s: saved", field=own.field.label), undone_by=batch_id)


def _find(ticket: Ticket, field_id: int) -> OwnField:
    for own in own_fields.of(ticket, door.me()):
        if own.field.id == field_id:
            return own
    raise NotFound(_("There is no such field on this ticket."))


def _refused(ticket: Ticket, own: OwnField) -> Response:
    """The field with what was typed and why it was not taken, in its place."""
    shown = {"one": own, "number": ticket.number, "may_fill_in": True}
    if not door.by_htmx():
        page = render_template("desk/alone.html", sheet="desk/_own_field_alone.html", ticket=ticket, **shown)
        return make_response(page, 422)
    response = make_response(render_template("desk/_own_field.html", **shown), 422)
    response.headers["HX-Retarget"] = f"#{own.id}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response
