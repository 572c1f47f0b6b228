"""Writing: a message is acknowledged when it is stored, and not before."""

from flask import Response, make_response, render_template

from ticketdesk.channels.chat import saying
from ticketdesk.channels.chat import talk as talks
from ticketdesk.core.db import db
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
    widget = door.widget(key)
    visitor, form = door.visitor(widget), MessageForm()
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
    if is_new and talks.state(visitor).seq == 1:
        promising.make(db.session.get_one(Ticket, visitor.ticket_id), "chat", door.now())
    db.session.commit()
    found = talks.letters(visitor, 0, message.id)
    response = make_response(
        render_template(
            "widget/_entries.html", entries=entries.of(found, visitor), expected=hours.awaited(visitor, door.now())
        )
    )
    response.status_code = 201 if is_new else 200
    response.headers[SEQ] = str(talks.state(visitor).seq)
    return response
