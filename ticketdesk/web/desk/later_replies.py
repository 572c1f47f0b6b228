"""Sending later: when a reply shall go out, and what can be done with it until then."""

import json

from flask import redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import DataRequired, InputRequired, Length

from ticketdesk.channels import later_replies
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import drafts, sending_later, writing
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import collisions, door, later, recipients, replies, showing, undoable, uploads
from ticketdesk.web.desk.collisions import News
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import REVISION, SEQ, ReplyForm, reason, taken
from ticketdesk.web.desk.later import LaterForm
from ticketdesk.web.forms import EmptyForm, WholeField
from ticketdesk.web.texts import _


class KeepForm(LaterForm):
    """When, of which words, and what their author had seen."""

    based_on_seq = WholeField(validators=[InputRequired(), SEQ])
    revision = WholeField(validators=[InputRequired(), REVISION])
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])


@blueprint.post("/tickets/<int:number>/later")
def begin_later(number: int) -> Response | str:
    """Keep what stands in the composer as a draft, and ask when it shall go out."""
    ticket = door.find_for(number, "ticket.reply", locked=True)
    form = ReplyForm()
    box = replies.box_of(form)
    if not form.validate():
        box.error = reason(form)
        return showing.refused(ticket, box, 422)
    try:
        draft = _draft(ticket, form)
    except (Invalid, Conflict) as refusal:
        return showing.not_taken(ticket, box, refusal)
    db.session.commit()
    if not door.by_htmx():
        return redirect(url_for("desk.later_sheet", number=number), 303)
    return _sheet(ticket, _asked(draft, form.client_key.data))


@blueprint.get("/tickets/<int:number>/later")
def later_sheet(number: int) -> str:
    """The same sheet for one's draft, on a page of its own for those without scripts."""
    ticket = door.find_for(number, "ticket.reply")
    return _sheet(ticket, _asked(_begun(ticket)))


@blueprint.post("/tickets/<int:number>/later-replies")
def keep_for_later(number: int) -> Response | tuple[str, int]:
    """It waits for its time, unless something came in that its author should see first."""
    ticket, form = door.find_for(number, "ticket.reply", locked=True), KeepForm()
    if not form.validate():
        return _sheet(ticket, form), 422
    made = _made(form.client_key.data or "")
    if made is not None:
        return _kept(ticket, made)
    news = collisions.since(ticket, door.me(), form.based_on_seq.data)
    if news:
        form.based_on_seq.data = ticket.last_seq
        return _sheet(ticket, form, news), 409
    with form.refusals():
        row = _keep(ticket, form)
        db.session.commit()
        return _kept(ticket, row)
    return _sheet(ticket, form), 422


@blueprint.post("/tickets/<int:number>/later-replies/<int:row_id>/sending")
def send_now(number: int, row_id: int) -> Response:
    """Do not wait any longer."""
    ticket = door.find_for(number, "ticket.reply", locked=True)
    taken(EmptyForm())
    leaves_at = later_replies.leaves_at(ticket, door.me(), door.now())
    sending_later.send_now(_of(ticket, row_id), door.me(), door.now(), leaves_at=leaves_at)
    db.session.commit()
    return showing.changed(ticket, _("Sent") if leaves_at is None else None, with_composer=True)


@blueprint.post("/tickets/<int:number>/later-replies/<int:row_id>/draft")
def edit_later(number: int, row_id: int) -> Response:
    """Have it in the composer again; a colleague takes over so what cannot go out."""
    ticket = door.find_for(number, "ticket.draft", locked=True)
    taken(EmptyForm())
    sending_later.take_back(_of(ticket, row_id), door.me(), door.now())
    db.session.commit()
    response = showing.changed(ticket, with_composer=True)
    response.headers["HX-Trigger-After-Settle"] = json.dumps(
        {"taken-back": _("It does not go out by itself any more; the words are in the composer.")}
    )
    return response


@blueprint.post("/tickets/<int:number>/later-replies/<int:row_id>/cancellation")
def cancel_later(number: int, row_id: int) -> Response:
    """Throw one's own away, or stop that of a colleague, who gets it back as a draft."""
    ticket = door.find_for(number, "ticket.reply", locked=True)
    taken(EmptyForm())
    row = sending_later.cancel(_of(ticket, row_id), door.me(), door.now())
    db.session.commit()
    said = _("Stopped. Its author has it as a draft.") if row.state == "handed_back" else _("Thrown away")
    return showing.changed(ticket, said)


def _draft(ticket: Ticket, form: ReplyForm) -> Draft:
    """What was typed, kept, with its files; raises Invalid for what could not be sent either."""
    if form.channel.data == "chat":
        raise Invalid(_("Nothing is sent later in a chat. Choose Mail first."), "channel")
    writing.words(form.text.data or "")
    to, cc = recipients.named(
        recipients.chosen(form.to.data, form.to_more.data), recipients.chosen(form.cc.data, form.cc_more.data)
    )
    people = {"to": [address for address, _name in to], "cc": [address for address, _name in cc], "channel": "email"}
    draft = drafts.save(
        ticket,
        door.me(),
        "reply",
        form.text.data or "",
        people,
        form.based_on_seq.data,
        door.now(),
        known=form.revision.data,
        client_key=form.client_key.data,
    )
    drafts.attach(draft, uploads.files(form.files.data), door.now())
    return draft


def _begun(ticket: Ticket) -> Draft:
    draft = drafts.draft_of(ticket, door.me(), "reply")
    if draft is None or not draft.text.strip():
        raise NotFound("There is nothing to send.")
    return draft


def _keep(ticket: Ticket, form: KeepForm) -> LaterReply:
    draft = _begun(ticket)
    if draft.revision != form.revision.data:
        raise Conflict(_("You have written something else here in another window."))
    to, cc = recipients.named(draft.recipients.get("to", []), draft.recipients.get("cc", []))
    return sending_later.keep(
        ticket,
        draft,
        form.moment(door.me()),
        to=to,
        cc=cc,
        at=door.now(),
        client_key=form.client_key.data or "",
        based_on_seq=form.based_on_seq.data,
    )


def _kept(ticket: Ticket, row: LaterReply) -> Response:
    response = showing.changed(ticket, None, 201, with_composer=True)
    response.headers["HX-Reswap"] = "none"
    said = _("It goes out %(when)s.", when=formatting.ahead(row.due_at))
    back = undoable.way_back(said, url_for("desk.edit_later", number=ticket.number, row_id=row.id))
    response.headers["HX-Trigger-After-Settle"] = json.dumps(back)
    return response


def _made(client_key: str) -> LaterReply | None:
    """What an earlier request of the same composer has kept."""
    own = LaterReply.agent_id == door.me().id
    made = db.session.scalar(select(LaterReply).where(LaterReply.client_key == client_key, own))
    return made if made is not None and made.is_open else None


def _of(ticket: Ticket, row_id: int) -> int:
    """The id of a reply that stands in this ticket; raises NotFound."""
    found = db.session.scalar(select(LaterReply.id).where(LaterReply.id == row_id, LaterReply.ticket_id == ticket.id))
    if found is None:
        raise NotFound("There is no such reply.")
    return found


def _asked(draft: Draft, client_key: str | None = None) -> KeepForm:
    """The form as it is first shown; `client_key` is the composer's, where it is known."""
    return KeepForm(
        formdata=None,
        based_on_seq=draft.based_on_seq,
        revision=draft.revision,
        client_key=client_key or draft.written_in or f"draft-{draft.id}-{draft.revision}",
    )


def _sheet(ticket: Ticket, form: KeepForm, news: News | None = None) -> str:
    template = "desk/_later.html" if door.by_htmx() else "desk/later.html"
    offers = later.offers(door.me(), door.now())
    return render_template(template, ticket=ticket, form=form, offers=offers, news=news)
