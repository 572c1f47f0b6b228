"""Linking at the desk: finding the other ticket, saying what it is, and taking it off again."""

import json

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.core.db import db
from ticketdesk.tickets import linking
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import choosing, dialogs, door, linked, showing, undoable
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.get("/tickets/<int:number>/link")
def link_sheet(number: int) -> Response:
    """The sheet: other tickets to choose from, and what the one that was chosen is to this."""
    ticket = door.find_for(number, "ticket.link")
    other = request.args.get("other", type=int)
    if other is not None:
        chosen = door.find_for(other, "ticket.link")
        return dialogs.sheet("desk/_link_role.html", {"ticket": ticket, "other": chosen, "offers": linked.offers()})
    title = _("Link #%(number)s to …", number=ticket.number)
    nothing = _("No ticket with this number or these words that you can link to.")
    return choosing.sheet(ticket, "desk.link_sheet", title, nothing)


@blueprint.post("/tickets/<int:number>/links/<int:other>/<role>")
def link(number: int, other: int, role: str) -> AnyResponse:
    """Say what another ticket is to this one."""
    ticket = door.find_for(number, "ticket.link")
    that = door.find_for(other, "ticket.link")
    taken(EmptyForm())
    linking.link(ticket, that, role, door.me().actor, door.now())
    db.session.commit()
    said = _("Linked to #%(number)s", number=that.number)
    return _done(ticket, said, url_for("desk.unlink", number=ticket.number, other=that.number))


@blueprint.post("/tickets/<int:number>/links/<int:other>/removal")
def unlink(number: int, other: int) -> AnyResponse:
    """Take a link off."""
    ticket = door.find_for(number, "ticket.unlink")
    that = door.find_for(other, "ticket.unlink")
    taken(EmptyForm())
    role = linking.unlink(ticket, that, door.me().actor, door.now())
    db.session.commit()
    said = _("The link to #%(number)s is off", number=that.number)
    return _done(ticket, said, url_for("desk.link", number=ticket.number, other=that.number, role=role))


def _done(ticket: Ticket, said: str, undoing: str) -> AnyResponse:
    """What has changed on the page, with the way back."""
    if not door.by_htmx():
        flash(said)
        return redirect(url_for("desk.ticket", number=ticket.number), 303)
    response = showing.changed(ticket)
    response.headers["HX-Trigger"] = json.dumps(undoable.way_back(said, undoing))
    return response
