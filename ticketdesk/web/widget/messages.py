"""Writing: a message is acknowledged when it is stored, and not before."""

from flask import Response, make_response, render_template

from ticketdesk.channels.chat import saying
from ticketdesk.channels.chat import talk as talks
from ticketdesk.core.db import commit_and_keep, db
from ticketdesk.sla import promising
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import uploads
from ticketdesk.web.widget import door, entries, hours
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import MessageForm
from ticketdesk.web.widget.talk import SEQ


@blueprint.post("/widget/<key>/messages")
def say(key: str) -> Response:
    """Take one message; sent again it is the same one, answered with 200 instead of 201."""
    widget, visitor = door.here(key, locked=True)
    form = MessageForm()
    door.taken(form)
    message, is_new = saying.say(
        visitor,
        widget,
        text=form.text.data or "",
        client_key=form.client_key.data,
        page=form.page.data or "",
        files=uploads.files(form.files.data),
        at=door.now(),
    )
    said = talks.letter(visitor, message.id)  # none where what was said before stands elsewhere by now
    seq = said.newest if said is not None else talks.state(visitor).seq
    # Held until the answer is made, so that it need not be read again.
    ticket = db.session.get(Ticket, visitor.ticket_id) if visitor.ticket_id is not None else None
    if ticket is not None and is_new and seq == 1:
        promising.make(ticket, "chat", door.now())
    commit_and_keep()
    found = [said] if said is not None else []
    response = make_response(
        render_template(
            "widget/_entries.html", entries=entries.of(found, visitor), expected=hours.awaited(visitor, door.now())
        )
    )
    response.status_code = 201 if is_new else 200
    response.headers[SEQ] = str(seq)
    return response
