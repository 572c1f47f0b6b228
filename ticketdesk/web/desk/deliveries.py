"""What became of a message, and another attempt when it did not arrive."""

from flask import render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.channels import delivery
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Placement
from ticketdesk.web.desk import door, letters, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

MOST = 100


@blueprint.get("/tickets/<int:number>/deliveries")
def deliveries(number: int) -> str:
    """What became by now of the messages that a page shows; it asks when the bell rings for them."""
    ticket = door.find(number)
    moved = letters.some(ticket, request.args.getlist("of", type=int)[:MOST])
    return render_template("desk/_delivered.html", letters=moved, opened={"ticket": ticket})


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
