"""One message: the whole of it, as it was sent, and whether its sender may take part."""

from functools import partial

from flask import Response as FlaskResponse
from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.channels.email import picture_choice
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.core.markdown import unescaped
from ticketdesk.tickets import receiving
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import images
from ticketdesk.web.desk import door, letters, sheets, showing, words
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import PicturesForm, taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

LONGEST_SHOWN = 500_000


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>")
def message(number: int, message_id: int) -> str:
    """The whole message on a page of its own."""
    ticket = door.find(number)
    return render_template("desk/message.html", ticket=ticket, parts=_parts(standing_in(ticket, message_id)))


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>/rest")
def rest(number: int, message_id: int) -> str:
    """What the conversation leaves out of it: the end of a long text, the quoted words, the signature."""
    return render_template("desk/_rest.html", parts=_parts(standing_in(door.find(number), message_id), is_rest=True))


@blueprint.get("/tickets/<int:number>/messages/<int:message_id>/sheet")
def sheet(number: int, message_id: int) -> FlaskResponse:
    """The message as it was sent, or its newest words, for a frame in which nothing runs.

    Pictures of the internet only for whoever chose to see them, and through us.
    """
    found = standing_in(door.find(number), message_id)
    if found.html is None:
        raise NotFound("This message has no other form.")
    html = found.html_new if request.args.get("part") == "new" and found.html_new is not None else found.html
    inline = db.session.execute(
        select(Attachment.content_id, Attachment.reference).where(
            Attachment.message_id == found.id, Attachment.content_id.is_not(None)
        )
    )
    pictures = {row.content_id: url_for("desk.attachment", reference=row.reference, view=1) for row in inline}
    proxied = partial(images.address, found.id) if picture_choice.has_chosen_for(door.me(), found) else None
    response = make_response(render_template("desk/sheet.html", body=sheets.body(html, pictures, proxied)))
    response.headers["Content-Security-Policy"] = sheets.POLICY
    return response


@blueprint.post("/tickets/<int:number>/messages/<int:message_id>/pictures")
def show_pictures(number: int, message_id: int) -> Response:
    """From now on this agent sees the pictures of this message, or of all that its sender wrote and will write."""
    ticket = door.find(number)
    form = taken(PicturesForm())
    found = standing_in(ticket, message_id)
    picture_choice.choose(door.me(), found, door.now(), whole_sender=form.of.data == "sender")
    db.session.commit()
    return _shown_anew(ticket, found)


@blueprint.delete("/tickets/<int:number>/messages/<int:message_id>/pictures")
def hide_pictures(number: int, message_id: int) -> Response:
    """Ask again before pictures of this message, and of its sender, are fetched."""
    ticket = door.find(number)
    taken(EmptyForm())
    found = standing_in(ticket, message_id)
    picture_choice.revoke(door.me(), found)
    db.session.commit()
    return _shown_anew(ticket, found)


@blueprint.post("/tickets/<int:number>/messages/<int:message_id>/acceptance")
def accept(number: int, message_id: int) -> Response:
    """Let the sender of a held message take part."""
    ticket = door.find_for(number, "ticket.accept_message")
    taken(EmptyForm())
    receiving.accept(standing_in(ticket, message_id).id, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Accepted"))


def standing_in(ticket: Ticket, message_id: int) -> Message:
    """A message that stands in this ticket; raises NotFound."""
    found = db.session.scalar(
        select(Message)
        .join(Placement, Placement.message_id == Message.id)
        .where(Message.id == message_id, Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
    )
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _shown_anew(ticket: Ticket, found: Message) -> Response:
    """The message as the conversation shows it now; without scripts, the way back to it."""
    if not door.by_htmx():
        return redirect(url_for("desk.ticket", number=ticket.number, _anchor=f"entry-m{found.id}"), 303)
    entry = letters.one(ticket, found.id)
    return make_response(render_template("desk/_sheet.html", opened={"ticket": ticket}, entry=entry, is_open=True))


def _parts(found: Message, *, is_rest: bool = False) -> list[list[words.Paragraph]]:
    """Its text, its signature and what it quotes; without the start when that is on the page already."""
    text = found.text[letters.CLIP :] if is_rest else found.text
    signature = found.signature if found.direction == "in" else unescaped(found.signature)
    shown = [text, signature, found.quoted_text]
    return [words.paragraphs(text[:LONGEST_SHOWN]) for text in shown if text.strip()]
