"""What became of a message, and another attempt when it did not arrive."""

from flask import render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.channels import delivery
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Placement
from ticketdesk.web.desk import conversation, door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>/deliveries")
def deliveries(number: int, message_id: int) -> str:
    """What became of a message by now."""
    ticket = door.find(number)
    letter = conversation.one(ticket, message_id)
    if letter is None:
        raise NotFound("There is no such message.")
    template = "desk/_seen.html" if letter.is_talk else "desk/_deliveries.html"
    return render_template(template, entry=letter, opened={"ticket": ticket})


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
