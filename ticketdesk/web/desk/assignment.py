"""Who answers for a ticket."""

from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import batching
from ticketdesk.tickets.batch_changes import Assign
from ticketdesk.web.desk import door, names, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AssignmentForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/assignment")
def assign(number: int) -> Response:
    """Give the ticket to somebody who works on its queue, or back to the queue."""
    ticket = door.find_for(number, "ticket.assign")
    wanted = taken(AssignmentForm()).assignee.data
    agent = None
    if wanted is not None:
        agent = db.session.scalar(select(Agent).where(Agent.id == wanted, names.works_on(ticket.queue_id)))
        if agent is None and wanted == door.me().id:  # sees it by other means, as a follower does
            agent = door.me()
        if agent is None:
            raise Invalid(_("Choose somebody who works on this queue."), "assignee")
    undone_by = batching.carry_out_on(ticket, door.me(), Assign(agent), door.now())
    db.session.commit()
    said = _("Assigned to %(who)s", who=agent.name) if agent is not None else _("Given back to the queue")
    return showing.changed(ticket, said, undone_by=undone_by)
