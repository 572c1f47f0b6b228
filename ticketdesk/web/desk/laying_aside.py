"""A chat that cannot be answered at once waits as a ticket, and the visitor is told so."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.routing import unaccepted
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import CHAT
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/waiting")
def lay_aside(number: int) -> Response:
    """Turn it into one; whoever has it keeps it, with room for another chat."""
    ticket = door.find_for(number, "chat.lay_aside")
    taken(EmptyForm())
    ticket = lock_standing(ticket.id)
    if ticket.medium != CHAT or not ticket.is_active:
        raise Conflict(_("#%(number)s is no chat any more.", number=number))
    unaccepted.leave_waiting(ticket, "laid_aside", door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("It waits as a ticket; the visitor is told"))
