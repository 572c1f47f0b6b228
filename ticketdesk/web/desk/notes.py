"""Writing to colleagues."""

from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import drafts, mentions, messages
from ticketdesk.web.desk import door, showing, uploads
from ticketdesk.web.desk.composing import Box
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import NoteForm, reason
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/notes")
def note(number: int) -> Response:
    """Keep a note, and name in it whoever shall hear of it."""
    ticket = door.find_for(number, "ticket.note")
    form = NoteForm()
    box = Box("note", form.text.data or "", based_on_seq=ticket.last_seq)
    box.client_key = form.client_key.data or box.client_key
    if not form.validate():
        box.error = reason(form)
        return showing.refused(ticket, box, 422)
    text = form.text.data or ""
    colleagues = db.session.scalars(select(Agent).where(Agent.disabled_at.is_(None))) if "@" in text else ()
    try:
        messages.note(
            ticket,
            door.me(),
            text,
            at=door.now(),
            mentioned=mentions.mentioned(text, colleagues),
            files=uploads.files(form.files.data),
            draft=drafts.draft_of(ticket, door.me(), "note"),
            client_key=form.client_key.data,
        )
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        box.error = str(refusal)
        return showing.refused(ticket, box, 422)
    db.session.commit()
    return showing.changed(ticket, _("Noted"), 201, with_composer=True)
