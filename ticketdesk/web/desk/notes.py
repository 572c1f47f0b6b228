"""Writing to colleagues."""

from flask import render_template
from werkzeug.wrappers import Response

from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import drafts, following, mentions, noting, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, moved, showing, uploads
from ticketdesk.web.desk.composing import Box
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import NoteForm, reason
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/notes")
def note(number: int) -> Response:
    """Keep a note, and name in it whoever shall hear of it."""
    try:
        ticket = door.find_for(number, "ticket.note")
    except door.Merged as merged:
        return moved.lead_on(merged.ticket, "note")
    form = NoteForm()
    box = Box("note", form.text.data or "", based_on_seq=ticket.last_seq)
    box.client_key = form.client_key.data or box.client_key
    box.revision = form.revision.data or 0
    if not form.validate():
        box.error = reason(form)
        return showing.refused(ticket, box, 422)
    text = form.text.data or ""
    named = mentions.mentioned(text, mentions.colleagues()) if "@" in text else []
    try:
        noting.note(
            ticket,
            door.me(),
            text,
            at=door.now(),
            mentioned=named,
            files=uploads.files(form.files.data),
            draft=drafts.draft_of(ticket, door.me(), "note"),
            draft_known=form.revision.data,
            client_key=form.client_key.data,
        )
    except (Invalid, Conflict) as refusal:
        return showing.not_taken(ticket, box, refusal)
    said = _told(ticket, named)
    db.session.commit()
    return showing.changed(ticket, said, 201, with_composer=True)


@blueprint.get("/tickets/<int:number>/mentionable")
def mentionable(number: int) -> str:
    """Who can be named in a note, for the list that @ opens."""
    ticket = door.find_for(number, "ticket.note")
    return render_template("desk/_mentionable.html", colleagues=mentions.mentionable(ticket, door.me()))


def _told(ticket: Ticket, named: list[int]) -> str:
    """Whoever was named and sees the ticket follows it from now on; says who does not see it.

    Following gives sight that lasts, so only who may give that makes followers; others tell of this note alone (R12).
    """
    others = [agent_id for agent_id in named if agent_id != door.me().id]
    if not others:
        return _("Noted")
    seers = visibility.seers(ticket)
    if allowed(door.me(), "ticket.add_follower", visibility.level(door.me(), ticket)):
        following.follow_all(ticket, (one for one in others if one in seers), door.me().actor, door.now())
    blind = sorted(agent.name for agent in mentions.colleagues() if agent.id in others and agent.id not in seers)
    if not blind:
        return _("Noted")
    return _("Noted. %(who)s cannot see this ticket and is not told.", who=", ".join(blind))
