"""Two tickets that are one matter: finding the other, seeing what would happen, doing it, and taking it back."""

from dataclasses import dataclass

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import audience, joining, merging
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import choosing, dialogs, door, people, showing, who_sees
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import MergeForm, taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen; `refusal` says why it cannot."""

    source: Ticket
    survivor: Ticket
    requesters: dict[int, str]
    gains: list[str]
    refusal: str | None
    error: str | None = None


@blueprint.get("/tickets/<int:number>/merge")
def merge_sheet(number: int) -> Response:
    """The sheet: other tickets to choose from, or what would happen with the one that was chosen."""
    ticket = door.find_for(number, "ticket.merge")
    other = request.args.get("other", type=int)
    if other is None:
        return _choosing(ticket)
    chosen = door.find_for(other, "ticket.merge")
    keeps = request.args.get("keep", type=int)
    if keeps not in (ticket.number, chosen.number):
        keeps = _older(ticket, chosen).number
    source, survivor = (ticket, chosen) if keeps == chosen.number else (chosen, ticket)
    return _previewed(ticket, source, survivor)


@blueprint.post("/tickets/<int:number>/merges")
def merge(number: int) -> AnyResponse:
    """Merge another ticket into this one."""
    survivor = door.find_for(number, "ticket.merge")
    form = taken(MergeForm())
    source = door.find_for(form.source.data, "ticket.merge")
    try:
        merging.merge(
            source,
            survivor,
            door.me().actor,
            door.now(),
            widen=form.widen.data == "yes",
            tell=form.tell.data == "yes",
        )
    except Conflict as refusal:
        db.session.rollback()
        return _previewed(source, source, survivor, str(refusal))
    db.session.commit()
    said = _("Merged #%(source)s into #%(number)s", source=source.number, number=survivor.number)
    undoing = url_for("desk.undo_merge", number=survivor.number, source=source.number)
    return dialogs.went_to(survivor, said, undoing)


@blueprint.post("/tickets/<int:number>/merges/<int:source>/undoing")
def undo_merge(number: int, source: int) -> AnyResponse:
    """Take a merge back."""
    survivor = door.find_for(number, "ticket.merge")
    merged = door.find_for(source, "ticket.merge")
    taken(EmptyForm())
    if merged.merged_into_id != survivor.id:
        raise Conflict(_("#%(source)s is not merged into #%(number)s any more.", source=source, number=number))
    merging.undo(merged, door.me().actor, door.now())
    db.session.commit()
    said = _("#%(source)s stands for itself again", source=source)
    if not door.by_htmx():
        flash(said)
        return redirect(url_for("desk.ticket", number=source), 303)
    return showing.changed(survivor, said)


@blueprint.post("/tickets/<int:number>/suggestions/<int:other>/dismissal")
def dismiss(number: int, other: int) -> AnyResponse:
    """They are two matters; nobody is asked again."""
    ticket = door.find_for(number, "ticket.merge")
    taken(EmptyForm())
    joining.dismiss(ticket, door.find(other), door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket)


def _choosing(ticket: Ticket) -> Response:
    title = _("Merge #%(number)s with …", number=ticket.number)
    nothing = _("No ticket with this number or these words that you can merge.")
    return choosing.sheet(ticket, "desk.merge_sheet", title, nothing)


def _previewed(ticket: Ticket, source: Ticket, survivor: Ticket, error: str | None = None) -> Response:
    """What merging would do, from the sheet of a ticket; with an error when it was tried and refused."""
    refusal = None
    try:
        merging.check(source, survivor)
    except Conflict as refused:
        refusal = str(refused)
    preview = Preview(
        source,
        survivor,
        people.requesters([source, survivor]),
        who_sees.sentences(audience.gains(source, survivor)),
        refusal,
        None if refusal else error,
    )
    shown: dict[str, object] = {"ticket": ticket, "preview": preview}
    return dialogs.sheet("desk/_merge_preview.html", shown, 200 if error is None else 409)


def _older(one: Ticket, other: Ticket) -> Ticket:
    """Which of them stays unless somebody says otherwise: the older one, if it takes messages."""
    older, younger = (one, other) if one.id < other.id else (other, one)
    return younger if older.category == "closed" else older
