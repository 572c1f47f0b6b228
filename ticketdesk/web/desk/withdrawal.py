"""Taking a reply back before it leaves."""

import json

from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import withdrawing
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/messages/<int:message_id>/withdrawal")
def withdraw(number: int, message_id: int) -> Response:
    """Take it back: its words stand in the composer again."""
    ticket = door.find_for(number, "ticket.reply")
    taken(EmptyForm())
    stood = select(Placement.id).where(Placement.message_id == Message.id, Placement.ticket_id == ticket.id)
    if db.session.scalar(select(Message.id).where(Message.id == message_id, stood.exists())) is None:
        raise NotFound("There is no such message.")
    withdrawing.withdraw(message_id, door.me(), door.now())
    db.session.commit()
    response = showing.changed(ticket, with_composer=True)
    response.headers["HX-Trigger-After-Settle"] = json.dumps(
        {"taken-back": _("Taken back. It was not sent; your words are in the composer.")}
    )
    return response
