"""One message: the whole of it, as it was sent, and whether its sender may take part."""

from flask import Response as FlaskResponse
from flask import make_response, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import messages
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import conversation, door, sheets, showing, words
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

LONGEST_SHOWN = 500_000


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>")
def message(number: int, message_id: int) -> str:
    """The whole message on a page of its own."""
    ticket = door.find(number)
    return render_template("desk/message.html", ticket=ticket, parts=_parts(_message(ticket, message_id)))


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>/rest")
def rest(number: int, message_id: int) -> str:
    """What the conversation leaves out of it: the end of a long text, the quoted words, the signature."""
    return render_template("desk/_rest.html", parts=_parts(_message(door.find(number), message_id), is_rest=True))


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>/sheet")
def sheet(number: int, message_id: int) -> FlaskResponse:
    """The message as it was sent, for a frame in which nothing runs; pictures from outside only when asked for."""
    found = _message(door.find(number), message_id)
    if found.html is None:
        raise NotFound("This message has no other form.")
    inline = db.session.execute(
        select(Attachment.content_id, Attachment.reference).where(
            Attachment.message_id == found.id, Attachment.content_id.is_not(None)
        )
    )
    pictures = {row.content_id: url_for("desk.attachment", reference=row.reference, view=1) for row in inline}
    with_pictures = request.args.get("pictures") == "1"
    response = make_response(
        render_template("desk/sheet.html", body=sheets.body(found.html, pictures, with_pictures=with_pictures))
    )
    response.headers["Content-Security-Policy"] = sheets.policy(with_pictures=with_pictures)
    return response


@blueprint.post("/tickets/<int:number>/messages/<int:message_id>/acceptance")
def accept(number: int, message_id: int) -> Response:
    """Let the sender of a held message take part."""
    ticket = door.find_for(number, "ticket.accept_message")
    taken(EmptyForm())
    messages.accept(_message(ticket, message_id).id, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Accepted"))


def _message(ticket: Ticket, message_id: int) -> Message:
    """A message that stands in this ticket; raises NotFound."""
    found = db.session.scalar(
        select(Message)
        .join(Placement, Placement.message_id == Message.id)
        .where(Message.id == message_id, Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
    )
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _parts(found: Message, *, is_rest: bool = False) -> list[list[words.Paragraph]]:
    """Its text, its signature and what it quotes; without the start when that is on the page already."""
    text = found.text[conversation.CLIP :] if is_rest else found.text
    shown = [text, found.signature, found.quoted_text]
    return [words.paragraphs(text[:LONGEST_SHOWN]) for text in shown if text.strip()]
