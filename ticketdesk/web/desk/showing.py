"""Putting the desk together: the whole page, or the fragment that a change or a ring of the bell needs."""

import json

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import chats, composing, door, listing, opened, views
from ticketdesk.web.desk.composing import Box, Composer
from ticketdesk.web.desk.opened import Opened
from ticketdesk.web.desk.views import Rail, View

SEEN = "X-Seen-Seq"
"""The header in which a page says up to which event it shows its ticket."""


def page(view_name: str | None, found: Opened | None = None, composer: Composer | None = None) -> str:
    """The whole desk with a view and, maybe, a ticket."""
    queues = views.queues_of(door.me())
    rail = views.rail(door.me(), queues)
    view = _view(rail, view_name, found, is_past="past" in request.args)
    shown = listed(view)
    if found is not None:
        shown |= _filled(found, composer, view)
    return render_template("desk/page.html", rail=rail, **shown)


def listed(view: View) -> dict[str, object]:
    """One page of a list, and the way to the next."""
    after = request.args.get("after")
    wanted = views.tickets(view, door.me())
    past = 1 if view.is_past else None
    shown = listing.page(wanted, door.me(), door.now(), after, newest_first=view.is_past)
    return {
        "view": view,
        "page": shown,
        "first_page": after is None,
        "page_address": url_for("desk.rows", name=view.name, after=after, past=past),
        "next_address": url_for("desk.view", name=view.name, after=shown.after, past=past) if shown.after else None,
        "opened": None,
    }


def open_fragment(found: Opened, view: View, composer: Composer | None = None) -> str:
    """The pane of a ticket with what stands beside it."""
    return render_template("desk/_open.html", **_filled(found, composer, view))


def changed(ticket: Ticket, said: str | None = None, status: int = 200, *, with_composer: bool = False) -> AnyResponse:
    """After a change: what is new in the ticket for a page that shows it, else the way back to its page."""
    if not door.by_htmx():
        return redirect(url_for("desk.ticket", number=ticket.number), 303)
    response = news(ticket.number, with_composer=with_composer)
    response.status_code = status
    if said is not None:
        response.headers["HX-Trigger"] = json.dumps({"said": said})
    return response


def news(number: int, *, with_composer: bool = False) -> Response:
    """What came after the event that the page shows, and whatever may have changed beside it."""
    queues = views.queues_of(door.me())
    found = opened.read(number, door.me(), queues, door.now(), after=_seen())
    composer = composing.of(found.ticket, door.me(), found.people, found.conversation) if with_composer else None
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


def refused(ticket: Ticket, box: Box, status: int) -> Response:
    """A reply or note that was not taken: what was typed is kept, with the reason above it."""
    queues = views.queues_of(door.me())
    found = opened.read(ticket.number, door.me(), queues, door.now())
    composer = composing.of(found.ticket, door.me(), found.people, found.conversation, refused=box)
    if not door.by_htmx():
        return make_response(page(None, found, composer), status)
    response = make_response(render_template("desk/_composer.html", opened=found, composer=composer), status)
    response.headers["HX-Retarget"] = "#composer"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def view_of(found: Opened, queues: list[Queue]) -> View:
    """The view a ticket was opened from, without the counts of the whole rail."""
    rail = views.rail(door.me(), queues)
    return _view(rail, request.args.get("in"), found, is_past="past" in request.args)


def _view(rail: Rail, name: str | None, found: Opened | None, *, is_past: bool) -> View:
    """The wanted view; for a ticket opened by its address alone, that of its queue, or of one's own tickets."""
    if name is None and found is not None:
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
        "composer": composer or composing.of(found.ticket, door.me(), found.people, found.conversation, on_top),
    }


def _seen() -> int:
    """Up to which event the page shows the ticket; a page that does not say gets nothing twice."""
    said = request.headers.get(SEEN, "")
    return int(said) if said.isdecimal() and len(said) < 10 else 2**31
