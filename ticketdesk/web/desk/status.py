"""Where a ticket stands."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import batching
from ticketdesk.tickets.batch_changes import SetStatus
from ticketdesk.tickets.status import Status
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import StatusForm, taken
from ticketdesk.web.texts import _

NOT_CHOSEN = ("new", "closed")


@blueprint.post("/tickets/<int:number>/status")
def change_status(number: int) -> Response:
    """Choose a status; new and closed are not for choosing."""
    ticket = door.find_for(number, "ticket.status")
    status = db.session.get(Status, taken(StatusForm()).status.data)
    if status is None or status.category in NOT_CHOSEN:
        raise Invalid(_("Choose one of the statuses offered."), "status")
    undone_by = batching.carry_out_on(ticket, door.me(), SetStatus(status), door.now())
    db.session.commit()
    return showing.changed(ticket, _("Status: %(status)s", status=status.name), undone_by=undone_by)
