"""What is being typed, kept on the server while it is typed, with its files."""

from flask import Response as FlaskResponse
from flask import jsonify, render_template

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import drafts, moved_drafts
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.moved_drafts import Place
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import composing, door, uploads
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import DraftFilesForm, DraftForm, taken
from ticketdesk.web.texts import _

PERMISSION = "ticket.draft"
"""Also in a ticket that was merged meanwhile: what is being typed there must be kept somewhere."""


@blueprint.put("/tickets/<int:number>/drafts/<kind>")
def save_draft(number: int, kind: str) -> FlaskResponse | tuple[FlaskResponse | str, int]:
    """Keep the text and its recipients as they are now; what another window saved since is offered, not overwritten.

    In a ticket that was merged meanwhile it is kept where it went along.
    """
    form = taken(DraftForm())
    place = moved_drafts.place_of(_ticket(number, kind), door.me(), kind, form.revision.data or 0, form.client_key.data)
    chosen = {}
    if kind == "reply":
        chosen = {"to": list(form.to.data or []), "cc": list(form.cc.data or []), "channel": form.channel.data or ""}
    based_on = form.based_on_seq.data or place.ticket.last_seq
    try:
        draft = drafts.save(
            place.ticket,
            door.me(),
            kind,
            form.text.data or "",
            chosen,
            based_on if place.based_on_seq is None else place.based_on_seq,
            door.now(),
            known=form.revision.data,
            client_key=form.client_key.data or None,
            begun_in=place.begun_in,
        )
    except drafts.Newer as newer:
        found = newer.draft
        words = _("In another window you wrote this, saved %(when)s:", when=formatting.clock(found.saved_at))
        return jsonify(said=words, text=found.text, revision=found.revision), 409
    except drafts.Sent:
        return "", 204
    db.session.commit()
    return jsonify(said=_("Saved %(when)s", when=formatting.clock(door.now())), revision=draft.revision)


@blueprint.delete("/tickets/<int:number>/drafts/<kind>")
def discard_draft(number: int, kind: str) -> tuple[str, int]:
    """Throw it away."""
    draft = drafts.draft_of(_ticket(number, kind), door.me(), kind)
    if draft is not None:
        drafts.discard(draft)
        db.session.commit()
    return "", 204


@blueprint.post("/tickets/<int:number>/drafts/<kind>/files")
def attach(number: int, kind: str) -> str:
    """Add files to the draft; it is begun when there is none yet."""
    form = taken(DraftFilesForm())
    key = form.client_key.data or None
    place = moved_drafts.place_of(_ticket(number, kind), door.me(), kind, form.revision.data or 0, key)
    draft = drafts.draft_of(place.ticket, door.me(), kind) or _begun(place, kind, key)
    drafts.attach(draft, uploads.files(form.files.data), door.now())
    db.session.commit()
    return _files(place.ticket, kind)


@blueprint.delete("/tickets/<int:number>/drafts/<kind>/files/<reference>")
def detach(number: int, kind: str, reference: str) -> str:
    """Take a file off the draft again."""
    ticket, draft = moved_drafts.holding(_ticket(number, kind), door.me(), kind, reference)
    drafts.detach(draft, reference)
    db.session.commit()
    return _files(ticket, kind)


def _ticket(number: int, kind: str) -> Ticket:
    if kind not in composing.KINDS:
        raise NotFound("There is no such draft.")
    return door.find_for(number, PERMISSION)


def _begun(place: Place, kind: str, key: str | None) -> Draft:
    base = place.ticket.last_seq if place.based_on_seq is None else place.based_on_seq
    return drafts.save(place.ticket, door.me(), kind, "", {}, base, door.now(), client_key=key, begun_in=place.begun_in)


def _files(ticket: Ticket, kind: str) -> str:
    """The files of the draft as the composer shows them."""
    return render_template(
        "desk/_draft_files.html", number=ticket.number, kind=kind, files=composing.files_of(ticket, door.me(), kind)
    )
