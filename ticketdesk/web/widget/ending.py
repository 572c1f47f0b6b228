"""The visitor says that the talk is over."""

from ticketdesk.channels.chat import talk
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import progress
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint


@blueprint.post("/widget/<key>/end")
def end(key: str) -> tuple[str, int]:
    """Solve what was talked about; whoever writes again opens it again. Raises NotFound where it is not theirs."""
    visitor = door.visitor(door.widget(key))
    door.taken(EmptyForm())
    ticket = talk.standing(visitor)
    if ticket is None or not talk.asked_by(ticket, visitor):
        raise NotFound
    if ticket.is_active:
        progress.solve(ticket, Actor("contact", visitor.identity_id), door.now())
    db.session.commit()
    return "", 204
