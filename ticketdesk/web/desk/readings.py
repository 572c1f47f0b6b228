"""How far an agent has read a ticket; said by the page, because looking at a page changes nothing."""

from ticketdesk.channels.chat import ringing
from ticketdesk.core.db import db
from ticketdesk.notifications import inbox
from ticketdesk.tickets import following
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import ReadingForm, taken


@blueprint.put("/tickets/<int:number>/reading")
def read(number: int) -> tuple[str, int]:
    """Everything up to an event was seen."""
    ticket = door.find_for(number, "ticket.read")
    seq = min(taken(ReadingForm()).seq.data, ticket.last_seq)
    if following.read_up_to(ticket, door.me(), seq):
        ringing.seen(ticket)
        inbox.read_ticket(door.me(), ticket, seq, door.now())
    db.session.commit()
    return "", 204
