"""How much a ticket matters."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import batching
from ticketdesk.tickets.batch_changes import SetPriority
from ticketdesk.web import labels
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import PriorityForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/priority")
def change_priority(number: int) -> Response:
    """Choose a priority."""
    ticket = door.find_for(number, "ticket.priority")
    wanted = taken(PriorityForm()).priority.data
    undone_by = batching.carry_out_on(ticket, door.me(), SetPriority(wanted), door.now())
    db.session.commit()
    return showing.changed(ticket, _("Priority: %(priority)s", priority=labels.priority(wanted)), undone_by=undone_by)
