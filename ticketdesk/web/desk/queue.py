"""In whose queue a ticket waits."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import batching, visibility
from ticketdesk.tickets.batch_changes import Move
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import QueueForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/queue")
def move(number: int) -> Response:
    """Hand the ticket to another queue that the agent sees."""
    ticket = door.find_for(number, "ticket.queue")
    wanted = taken(QueueForm()).queue.data
    queue = db.session.scalar(visibility.visible_queues(door.me()).where(Queue.id == wanted))
    if queue is None:
        raise Invalid(_("Choose one of the queues offered."), "queue")
    undone_by = batching.carry_out_on(ticket, door.me(), Move(queue), door.now())
    db.session.commit()
    return showing.changed(ticket, _("Moved to %(queue)s", queue=queue.name), undone_by=undone_by)
