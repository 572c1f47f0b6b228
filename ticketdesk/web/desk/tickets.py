"""One ticket: its page, what is new in it, and its earlier letters."""

from flask import render_template, request
from werkzeug.wrappers import Response

from ticketdesk.core.errors import Invalid
from ticketdesk.web.desk import door, opened, showing, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.texts import _


@blueprint.get("/tickets/<int:number>")
def ticket(number: int) -> str:
    """The page of a ticket; a click in the list gets only the pane."""
    queues = views.queues_of(door.me())
    before = _before() if "before" in request.args else None
    found = opened.read(number, door.me(), queues, door.now(), before=before)
    if door.by_htmx() and request.headers.get("HX-Target") == "open":
        return showing.open_fragment(found, showing.view_of(found, queues))
    return showing.page(request.args.get("in"), found)


@blueprint.get("/tickets/<int:number>/news")
def news(number: int) -> Response:
    """What came after the event that the page shows; with `whole` all that stands beside it, too."""
    response = None if "whole" in request.args else showing.words(door.find(number))
    return response or showing.news(number)


@blueprint.get("/tickets/<int:number>/earlier")
def earlier(number: int) -> str:
    """The letters before an event."""
    queues = views.queues_of(door.me())
    found = opened.read(number, door.me(), queues, door.now(), before=_before())
    return render_template("desk/_earlier.html", opened=found, view=showing.view_of(found, queues))


def _before() -> int:
    before = request.args.get("before", type=int)
    if before is None or not 0 < before < 2**31:
        raise Invalid(_("This is not a place in a conversation."))
    return before
