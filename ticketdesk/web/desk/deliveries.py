"""Another attempt to deliver a message that did not arrive."""

from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.channels import delivery
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Placement
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import EmptyForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/deliveries/<int:row_id>/attempts")
def send_again(number: int, row_id: int) -> Response:
    """Send it again to one recipient."""
    ticket = door.find_for(number, "ticket.repeat_delivery")
    taken(EmptyForm())
    row = db.session.scalar(
        select(OutboxRow)
        .join(Placement, (Placement.message_id == OutboxRow.message_id) & Placement.ended_at.is_(None))
        .where(OutboxRow.id == row_id, Placement.ticket_id == ticket.id)
    )
    if row is None:
        raise NotFound("There is no such delivery.")
    delivery.repeat(row, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("It is on its way again"))
