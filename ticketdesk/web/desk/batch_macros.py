"""A macro for the selected tickets: what it would do and who would be written to, and doing it."""

import secrets
from datetime import timedelta

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField
from wtforms.validators import DataRequired, Length, Regexp

from ticketdesk.automation import macros as verbs
from ticketdesk.automation import macros_for_many
from ticketdesk.automation.macro import Macro
from ticketdesk.core.db import commit_and_keep, db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets.placing import snippet
from ticketdesk.web.desk import batch_words, batches, dialogs, door, incidents, macros
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AnythingField, taken
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _, ngettext


class ManyForm(Form):
    """The tickets, those among them whose customers are written to, and what makes a repeated request harmless."""

    number = AnythingField()
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
    """Use it on all of them."""
    macro, form = _find(macro_id), taken(ManyForm())
    now, undo_seconds = door.now(), door.me().undo_seconds
    used = macros_for_many.use(
        macro,
        door.me(),
        batches.numbers(form.number.data or []),
        now,
        key=form.key.data or "",
        told=batches.numbers(form.told.data or []),
        leaves_at=now + timedelta(seconds=undo_seconds) if undo_seconds else None,
    )
    commit_and_keep()
    if used is None:
        return batches.answer(_("This was done already."))
    words = [macro.name, ngettext("one ticket", "%(num)s tickets", used.tickets)]
    if used.replies:
        words.append(ngettext("one reply", "%(num)s replies", used.replies))
    return batches.answer(" · ".join(words), batch_words.left(list(used.skipped)), used.batch_id)


def _words(macro: Macro, plan: macros_for_many.Plan) -> str:
    """What the first of them would read, as an example."""
    told = plan.replies.told
    return verbs.words(macro.text, told[0].ticket, door.me()) if told else macro.text


def _find(macro_id: int) -> Macro:
    macro = db.session.scalar(verbs.usable(door.me()).where(Macro.id == macro_id))
    if macro is None:
        raise NotFound("There is no such macro.")
    return macro
