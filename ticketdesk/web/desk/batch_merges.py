"""Selected tickets become one: which one stays, who would newly see what, and doing it."""

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import merging_many
from ticketdesk.web.desk import batches, dialogs, door, people, who_sees
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import ManyMergesForm, taken
from ticketdesk.web.texts import _, ngettext


@blueprint.get("/batches/merge")
def merge_many_sheet() -> Response:
    """The sheet: what would happen with the selected tickets."""
    return _sheet(batches.numbers(request.args.getlist("number")), request.args.get("keep", type=int))


@blueprint.post("/batches/merges")
def merge_many() -> AnyResponse:
    """Merge them."""
    form = taken(ManyMergesForm())
    numbers, keep = batches.numbers(form.number.data or []), form.keep.data
    try:
        batch = merging_many.merge(door.me(), numbers, keep, door.now(), confirmed=form.confirmed.data)
    except Conflict as refusal:
        db.session.rollback()
        return _sheet(numbers, keep, str(refusal))
    batch_id = batch.id
    db.session.commit()
    return batches.answer(_("Merged into #%(number)s", number=keep), undone_by=batch_id)


def _sheet(numbers: list[int], keep: int | None, error: str | None = None) -> Response:
    plan = merging_many.plan(door.me(), numbers, keep)
    gains, names = who_sees.sentences(plan.gains), people.requesters(plan.choices)
    shown: dict[str, object] = {
        "plan": plan,
        # Another one that stays may take what this one cannot; only what is shown as merged is sent along.
        "again": url_for("desk.merge_many_sheet", number=[ticket.number for ticket, _why in plan.left_out]),
        "gains": gains,
        "requesters": names,
        "error": error,
        "title": ngettext(
            "Merge one ticket into #%(number)s",
            "Merge %(num)s tickets into #%(number)s",
            len(plan.sources),
            number=plan.survivor.number,
        ),
    }
    return dialogs.sheet("desk/_merge_many.html", shown, 200 if error is None else 409)
