"""One update to all incidents of a problem: who would get it, sending it, and taking all of it back."""

import secrets
from datetime import timedelta

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, Regexp

from ticketdesk.core.db import commit_and_keep, db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import updating
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.updating import Kind
from ticketdesk.web.desk import dialogs, door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import LONGEST_DRAFT, AnythingField, reason, taken
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _, ngettext


class UpdateForm(Form):
    """What is said, to whom, and whether that settles it."""

    text = TextAreaField(validators=[Length(max=LONGEST_DRAFT)])
    kind = StringField(validators=[AnyOf(["reply", "note"])], default="reply")
    solve = StringField(validators=[AnyOf(["", "yes"])], default="")
    tickets = AnythingField()
    key = HiddenField(validators=[DataRequired(), Length(max=40), Regexp(r"^[A-Za-z0-9_ -]+$")])


@blueprint.get("/tickets/<int:number>/incidents/update")
def update_sheet(number: int) -> Response:
    """The sheet: the words, who would get them, and who would not and why."""
    ticket = door.find_for(number, "ticket.reply")
    form = UpdateForm(formdata=None)
    form.key.data = secrets.token_urlsafe(16)
    return _sheet(ticket, form)


@blueprint.post("/tickets/<int:number>/incidents/updates")
def update_incidents(number: int) -> AnyResponse:
    """Say it in each of them."""
    ticket = door.find_for(number, "ticket.reply")
    form = UpdateForm()
    if not form.validate():
        return _sheet(ticket, form, reason(form), 422)
    kind: Kind = "note" if form.kind.data == "note" else "reply"
    try:
        made = _updated(ticket, form, kind)
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        if isinstance(refusal, Conflict):
            form.key.data = secrets.token_urlsafe(16)  # what was taken back can be sent once more, as something new
        return _sheet(ticket, form, str(refusal), 422)
    commit_and_keep()
    said = ngettext("Written into one ticket", "Written into %(num)s tickets", len(made))
    can_return = kind == "reply" and door.me().undo_seconds
    undoing = url_for("desk.undo_update", number=number, key=form.key.data) if can_return else None
    return dialogs.went_to(ticket, said, undoing)


def _updated(ticket: Ticket, form: UpdateForm, kind: Kind) -> list[Message]:
    """Write into those of the incidents that were chosen."""
    me, now = door.me(), door.now()
    chosen = {one for one in form.tickets.data or [] if one.isascii() and one.isdigit()}
    return updating.update(
        ticket,
        me,
        form.text.data or "",
        kind=kind,
        only=[one.ticket.id for one in updating.plan(ticket, me, kind).told if str(one.ticket.number) in chosen],
        key=form.key.data or "",
        at=now,
        leaves_at=now + timedelta(seconds=me.undo_seconds) if me.undo_seconds else None,
        solve=form.solve.data == "yes",
    )


@blueprint.post("/tickets/<int:number>/incidents/updates/<key>/undoing")
def undo_update(number: int, key: str) -> AnyResponse:
    """Take all of it back before it leaves."""
    ticket = door.find_for(number, "ticket.reply")
    taken(EmptyForm())
    many = updating.take_back(ticket, door.me(), key, door.now())
    db.session.commit()
    said = ngettext("Taken back. It was not sent.", "Taken back. %(num)s were not sent.", many)
    return dialogs.went_to(ticket, said)


def whys() -> dict[str, str]:
    """Why nobody is written to in a ticket, by the code of `updating`."""
    return {
        "not_allowed": _("you may only read it"),
        "closed": _("it is closed"),
        "put_away": _("it is marked as spam or in the trash"),
        "merged": _("it was merged into another ticket"),
        "chat": _("a visitor reads along in a chat"),
        "no_address": _("nobody there can be reached by mail"),
    }


def _sheet(ticket: Ticket, form: UpdateForm, error: str | None = None, status: int = 200) -> Response:
    found = updating.plan(ticket, door.me(), "note" if form.kind.data == "note" else "reply")
    shown: dict[str, object] = {
        "ticket": ticket,
        "form": form,
        "plan": found,
        "chosen": None if form.tickets.data is None else set(form.tickets.data),
        "why": whys(),
        "error": error,
    }
    return dialogs.sheet("desk/_update.html", shown, status)
