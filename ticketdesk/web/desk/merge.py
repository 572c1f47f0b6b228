"""Two tickets that are one matter: finding the other, seeing what would happen, doing it, and taking it back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import audience, finding, joining, merging
from ticketdesk.tickets.audience import Gain
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import MergeForm, taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _, ngettext

SHOWN = 8
MANY_NAMES = 3


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
    page = url_for("desk.ticket", number=survivor.number)
    if not door.by_htmx():
        flash(said)
        return redirect(page, 303)
    response = Response(status=204)
    response.headers["HX-Location"] = json.dumps({"path": page, "target": "#open"})
    undoing = url_for("desk.undo_merge", number=survivor.number, source=source.number)
    response.headers["HX-Trigger"] = json.dumps({"undoable": {"said": said, "undo": _("Undo"), "address": undoing}})
    return response


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
    words = request.args.get("q", "")
    found = finding.found(ticket, door.me(), words, SHOWN) if words.strip() else []
    same = [] if words.strip() else finding.of_the_same_contact(ticket, door.me(), SHOWN)
    shown: dict[str, object] = {
        "ticket": ticket,
        "words": words,
        "found": found,
        "same": same,
        "requesters": _requesters([*found, *same]),
    }
    return _sheet("desk/_merge_choose.html", shown)


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
        _requesters([source, survivor]),
        _sentences(audience.gains(source, survivor)),
        refusal,
        None if refusal else error,
    )
    response = _sheet("desk/_merge_preview.html", {"ticket": ticket, "preview": preview})
    if error is not None:
        response.status_code = 409
        response.headers["HX-Retarget"] = "#sheet"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _sheet(template: str, shown: dict[str, object]) -> Response:
    """The sheet in the dialog, or on a page of its own."""
    if door.by_htmx():
        return make_response(render_template(template, **shown))
    return make_response(render_template("desk/merge.html", sheet=template, **shown))


def _requesters(tickets: Sequence[Ticket]) -> dict[int, str]:
    ids = {ticket.requester_id for ticket in tickets}
    if not ids:
        return {}
    return {one.id: one.called for one in db.session.scalars(select(Identity).where(Identity.id.in_(ids)))}


def _sentences(gains: Sequence[Gain]) -> list[str]:
    """Who would newly see what: each customer by name, colleagues together."""
    said = [_would_see(gain.name, gain) for gain in gains if not gain.is_agent]
    colleagues: dict[int, list[Gain]] = {}
    for gain in gains:
        if gain.is_agent:
            colleagues.setdefault(gain.number, []).append(gain)
    for group in colleagues.values():
        names = ", ".join(gain.name for gain in group[:MANY_NAMES])
        more = len(group) - MANY_NAMES
        if more > 0:
            names = ngettext("%(names)s and one more", "%(names)s and %(num)s more", more, names=names)
        said.append(_would_see(_("At the desk: %(names)s", names=names), group[0]))
    return said


def _would_see(names: str, gain: Gain) -> str:
    many = ngettext("one message", "%(num)s messages", gain.messages)
    return _("%(names)s: %(many)s of #%(number)s", names=names, many=many, number=gain.number)


def _older(one: Ticket, other: Ticket) -> Ticket:
    """Which of them stays unless somebody says otherwise: the older one, if it takes messages."""
    older, younger = (one, other) if one.id < other.id else (other, one)
    return younger if older.category == "closed" else older
