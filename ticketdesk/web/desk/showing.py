"""Putting the desk together: the whole page, or the fragment that a change or a ring of the bell needs."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.core.db import db
from ticketdesk.core.errors import Refused
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import (
    chats,
    composing,
    door,
    listing,
    opened,
    people,
    presence,
    said,
    saved_lists,
    sittings,
    undoable,
    views,
)
from ticketdesk.web.desk import found as results
from ticketdesk.web.desk.composing import Box, Composer
from ticketdesk.web.desk.listing import Page
from ticketdesk.web.desk.opened import Opened
from ticketdesk.web.desk.views import Rail, View

BESIDE = "beside"
"""Tells a page that what stands beside the letters may have changed as well."""
NEXT_KEY = "X-Next-Key"
"""Tells a page that its composer stays, empty, and under which name it sends next."""
SEEN = "X-Seen-Seq"
"""The header in which a page says up to which event it shows its ticket."""


def page(
    view_name: str | None,
    found: Opened | None = None,
    composer: Composer | None = None,
    *,
    pane: str | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The whole desk with a view and, maybe, a ticket; `pane` is shown instead of its conversation, with `more`."""
    queues = views.queues_of(door.me())
    rail = views.rail(door.me(), queues)
    view = _view(rail, view_name, found, is_past="past" in request.args)
    shown = listed(view) if view.question is None else results.listed(view)
    if found is not None:
        shown |= _filled(found, composer, view)
    return render_template("desk/page.html", rail=rail, pane=pane, **{**shown, **more})


def listed(view: View) -> dict[str, object]:
    """One page of a list, and the way to the next."""
    after = request.args.get("after")
    past = 1 if view.is_past else None
    shown, remarks = saved_lists.page(view, view.saved, after) if view.saved else (_page(view, after), [])
    return {
        "view": view,
        "page": shown,
        "remarks": remarks,
        "at_rows": presence.at_tickets([row.id for row in shown.rows]),
        "first_page": after is None,
        "page_address": url_for("desk.rows", name=view.name, after=after, past=past),
        "next_address": url_for("desk.view", name=view.name, after=shown.after, past=past) if shown.after else None,
        "opened": None,
    }


def open_fragment(found: Opened, view: View, composer: Composer | None = None) -> str:
    """The pane of a ticket with what stands beside it."""
    return render_template("desk/_open.html", **_filled(found, composer, view))


def changed(
    ticket: Ticket,
    told: str | None = None,
    status: int = 200,
    *,
    with_composer: bool = False,
    may_stay: bool = False,
    undone_by: int | None = None,
) -> AnyResponse:
    """After a change: what is new in the ticket for a page that shows it, else the way back to its page.

    The composer `may_stay` where only words came: the page empties it, since reading it anew costs as much as sending
    what was in it. `undone_by` is the batch by which it can be undone.
    """
    if not door.by_htmx():
        return redirect(url_for("desk.ticket", number=ticket.number), 303)
    response = words(ticket, with_composer=not may_stay) if with_composer else None
    triggers: dict[str, object] = {}
    if response is not None:
        triggers[BESIDE] = ""
        if may_stay:
            response.headers[NEXT_KEY] = composing.fresh_key()
    else:
        response = news(ticket.number, with_composer=with_composer)
    response.status_code = status
    if told is not None:
        triggers |= undoable.told(told, undone_by)
    if triggers:
        response.headers["HX-Trigger"] = json.dumps(triggers)
    return response


def news(number: int, *, with_composer: bool = False) -> Response:
    """What came after the event that the page shows, and whatever may have changed beside it."""
    queues = views.queues_of(door.me())
    found = opened.read(number, door.me(), queues, door.now(), after=_seen())
    with_composer = with_composer or found.conversation.returns_to(door.me().id)
    composer = composing.of_page(found) if with_composer else None
    chat = None if composer is not None else chats.of(found.ticket, found.people, door.now())
    view = View(request.args.get("in", f"queue-{found.ticket.queue_id}"), found.ticket.queue.name, "queue", "")
    return make_response(
        render_template(
            "desk/_news.html",
            opened=found,
            queues=found.names.queues,
            composer=composer,
            chat=chat,
            view=view,
            is_news=True,
        )
    )


def words(ticket: Ticket, *, with_composer: bool = False) -> Response | None:
    """The news where there are but letters; what stands beside them is asked for by the page, less often.

    None where anything else happened, so that more must be shown.
    """
    found = said.read(ticket, _seen(), door.now())
    if found is None:
        return None
    composer = None
    if with_composer:
        composer = composing.of(ticket, door.me(), people.of(ticket), found.conversation)
    response = make_response(render_template("desk/_said.html", opened=found, composer=composer, is_news=True))
    response.headers["HX-Trigger"] = json.dumps({BESIDE: ""})
    return response


def refused(ticket: Ticket, box: Box, status: int) -> Response:
    """A reply or note that was not taken: what was typed is kept, with the reason above it."""
    queues = views.queues_of(door.me())
    found = opened.read(ticket.number, door.me(), queues, door.now())
    composer = composing.of_page(found, refused=box)
    if not door.by_htmx():
        return make_response(page(None, found, composer), status)
    response = make_response(render_template("desk/_composer.html", opened=found, composer=composer), status)
    response.headers["HX-Retarget"] = "#composer"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def not_taken(ticket: Ticket, box: Box, refusal: Refused) -> Response:
    """What a verb refused: nothing of it is kept but what was typed, shown with the reason."""
    db.session.rollback()
    box.error = str(refusal)
    return refused(ticket, box, 422)


def view_of(found: Opened, queues: list[Queue]) -> View:
    """The view a ticket was opened from, without the counts of the whole rail."""
    rail = views.rail(door.me(), queues)
    return _view(rail, request.args.get("in"), found, is_past="past" in request.args)


def _page(view: View, after: str | None) -> Page:
    now = door.now()
    wanted = views.tickets(view, door.me(), now)
    return listing.page(wanted, door.me(), now, after, order=view.order, stands=view.saved is None)


def _view(rail: Rail, name: str | None, found: Opened | None, *, is_past: bool) -> View:
    """The wanted view; for a ticket opened by its address alone, that of its queue, or of one's own tickets."""
    if name == views.SEARCH:
        return views.searched(results.question())
    if found is not None and (name is None or rail.has_lost(name)):
        name = f"queue-{found.ticket.queue_id}"
        if all(view.name != name for view in rail.queues):
            name = "mine"
    return rail.view(name, is_past=is_past)


def _filled(found: Opened, composer: Composer | None, view: View) -> dict[str, object]:
    """What the templates of an open ticket need."""
    on_top = request.args.get("write", "reply")
    return {
        "opened": found,
        "view": view,
        "queues": found.names.queues,
        "sitting": sittings.offered(found),
        "others": presence.at_ticket(found.ticket),
        "composer": composer or composing.of_page(found, on_top),
    }


def _seen() -> int:
    """Up to which event the page shows the ticket; a page that does not say gets nothing twice."""
    said = request.headers.get(SEEN, "")
    return int(said) if said.isdecimal() and len(said) < 10 else 2**31
