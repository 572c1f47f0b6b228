"""A macro for the selected tickets: what it would do and who would be written to, and doing it."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField
from wtforms.validators import DataRequired, Length, Regexp

from ticketdesk.automation import macros as verbs
from ticketdesk.automation import macros_for_many
from ticketdesk.automation.macro import Macro
from ticketdesk.core.db import commit_and_keep, db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets.batching import Skipped
from ticketdesk.tickets.placing import snippet
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import batch_words, batches, dialogs, door, incidents, macros, undoable
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AnythingField, taken
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _, ngettext


class ManyForm(Form):
    """The tickets, each with its last event as it was shown, those whose customers are written to, and what makes a
    repeated request harmless.
    """

    number = AnythingField()
    seen = AnythingField()
    told = AnythingField()
    key = HiddenField(validators=[DataRequired(), Length(max=40), Regexp(r"^[A-Za-z0-9_-]+$")])


@blueprint.get("/batches/macros/<int:macro_id>")
def macro_for_many_sheet(macro_id: int) -> Response:
    """The sheet: what it does, and who gets its words."""
    macro = _find(macro_id)
    plan = macros_for_many.plan(macro, door.me(), batches.numbers(request.args.getlist("number")))
    shown: dict[str, object] = {
        "macro": macro,
        "deeds": macros.deeds(macro),
        "start": snippet(_words(macro, plan)),
        "plan": plan,
        "skipped": batch_words.left(list(plan.skipped)),
        "why": incidents.whys(),
        "key": secrets.token_urlsafe(16),
        "title": _("%(macro)s for the selected tickets", macro=macro.name),
    }
    return dialogs.sheet("desk/_macro_for_many.html", shown)


@blueprint.post("/batches/macros/<int:macro_id>")
def use_macro_on_many(macro_id: int) -> AnyResponse:
    """Use it on all of them, but those in which something came meanwhile."""
    macro, form = _find(macro_id), taken(ManyForm())
    now, undo_seconds = door.now(), door.me().undo_seconds
    try:
        used = macros_for_many.use(
            macro,
            door.me(),
            batches.numbers(form.number.data or []),
            now,
            key=form.key.data or "",
            told=batches.numbers(form.told.data or []),
            seen=_seen(form.seen.data or []),
            leaves_at=now + timedelta(seconds=undo_seconds) if undo_seconds else None,
        )
    except macros_for_many.Overtaken as refusal:
        return _overtaken(macro, refusal.tickets, refusal.skipped)
    commit_and_keep()
    if used is None:
        return batches.answer(_("This was done already."))
    if used.overtaken:
        return _overtaken(macro, used.overtaken, used.skipped, _done(macro, used), used.batch_id)
    return batches.answer(_done(macro, used), batch_words.left(list(used.skipped)), used.batch_id)


def _overtaken(
    macro: Macro, tickets: Sequence[Ticket], skipped: Sequence[Skipped], done: str = "", undone_by: int | None = None
) -> Response:
    """The sheet once more: where something came meanwhile, what was done elsewhere, and the way to go on."""
    numbers = [ticket.number for ticket in tickets]
    shown: dict[str, object] = {
        "tickets": tickets,
        "done": done,
        "undone_by": undone_by,
        "skipped": batch_words.left(list(skipped)),
        "again": url_for("desk.macro_for_many_sheet", macro_id=macro.id, number=numbers),
        "title": _("%(macro)s for the selected tickets", macro=macro.name),
    }
    response = dialogs.sheet("desk/_macro_overtaken.html", shown, 200 if done else 409)
    if done and door.by_htmx():
        dialogs.put_into_sheet(response)
        told = undoable.way_back(done, url_for("desk.undo", batch_id=undone_by), stays=True)
        response.headers["HX-Trigger"] = json.dumps(dict.fromkeys(batches.LOOK_AGAIN, "") | told)
    return response


def _done(macro: Macro, used: macros_for_many.Used) -> str:
    words = [macro.name, ngettext("one ticket", "%(num)s tickets", used.tickets)]
    if used.replies:
        words.append(ngettext("one reply", "%(num)s replies", used.replies))
    return " · ".join(words)


def _seen(sent: Sequence[str]) -> Mapping[int, int]:
    """The last event of each ticket, by its number; raises Invalid."""
    seen = {}
    for one in sent:
        of, _colon, last = one.partition(":")
        number, seq = batches.numbers([of, last])
        seen[number] = seq
    return seen


def _words(macro: Macro, plan: macros_for_many.Plan) -> str:
    """What the first of them would read, as an example."""
    told = plan.replies.told
    return verbs.words(macro.text, told[0].ticket, door.me()) if told else macro.text


def _find(macro_id: int) -> Macro:
    macro = db.session.scalar(verbs.usable(door.me()).where(Macro.id == macro_id))
    if macro is None:
        raise NotFound("There is no such macro.")
    return macro
