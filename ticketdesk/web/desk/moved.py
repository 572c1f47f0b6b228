"""Sending from a ticket that became part of another meanwhile: what was written goes along, to be sent there."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import drafts, moved_drafts
from ticketdesk.tickets.moved_drafts import Place
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import dialogs, door, recipients, uploads
from ticketdesk.web.desk.forms import NoteForm, ReplyForm, taken
from ticketdesk.web.texts import _


def lead_on(ticket: Ticket, kind: str) -> Response:
    """Keep what was to be sent where its ticket went, and lead there: nothing is sent unseen, and nothing is lost.

    Raises Conflict when something else was written in another window since; the page keeps its words.
    """
    db.session.rollback()  # its lock; the one that it became part of is locked alone
    form = taken(ReplyForm() if kind == "reply" else NoteForm())
    place = moved_drafts.place_of(ticket, door.me(), kind, form.revision.data or 0, form.client_key.data)
    _keep(place, kind, form)
    db.session.commit()
    return dialogs.went_to(place.ticket, _said(ticket, place), write=kind)


def _keep(place: Place, kind: str, form: ReplyForm | NoteForm) -> None:
    chosen = {}
    if isinstance(form, ReplyForm):
        to, cc = recipients.chosen(form.to.data, form.to_more.data), recipients.chosen(form.cc.data, form.cc_more.data)
        chosen = {"to": to, "cc": cc, "channel": form.channel.data or ""}
    base = place.based_on_seq if place.based_on_seq is not None else (form.based_on_seq.data or 0)
    draft = drafts.save(
        place.ticket,
        door.me(),
        kind,
        form.text.data or "",
        chosen,
        base,
        door.now(),
        known=form.revision.data,
        client_key=form.client_key.data,
        begun_in=place.begun_in,
    )
    if files := uploads.files(form.files.data):
        drafts.attach(draft, files, door.now())


def _said(ticket: Ticket, place: Place) -> str:
    if place.is_moved:
        return _(
            "Not sent yet: #%(number)s is part of #%(other)s now. What you wrote is here.",
            number=ticket.number,
            other=place.ticket.number,
        )
    return _("Not sent: #%(number)s is part of another ticket now. What you wrote is kept here.", number=ticket.number)
