"""How much a ticket matters."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import priority
from ticketdesk.web.desk import door, happenings, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import PriorityForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/priority")
def change_priority(number: int) -> Response:
    """Choose a priority."""
    ticket = door.find_for(number, "ticket.priority")
    ticket = priority.change_priority(ticket, taken(PriorityForm()).priority.data, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Priority: %(priority)s", priority=happenings.priority(ticket.priority)))
