"""Side conversations in the pane of the conversation: the whole desk, the open ticket, or the pane alone."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ticketdesk.channels import signing
from ticketdesk.core import markdown
from ticketdesk.tickets.side_conversation import SideConversation
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import beside, door, opened, showing, side_form, sittings, views
from ticketdesk.web.desk.side_form import Box


def asking(ticket: Ticket, box: Box, status: int = 200) -> Response:
    """The form for a new one."""
    return _shown(ticket, "desk/_side_ask.html", {"box": box, "quotable": side_form.quotable(ticket)}, status)


def talk(ticket: Ticket, side: SideConversation, box: Box | None = None, status: int = 200) -> Response:
    """One of them with its composer; `box` is what was typed there."""
    read = beside.read(side, door.me(), door.now())
    box = box or Box([(address, name, True) for address, name in read.people])
    return _shown(ticket, "desk/_side_talk.html", {"talk": read, "box": box}, status)


def went_to(ticket: Ticket, side: SideConversation, status: int = 200) -> Response:
    """After a change: the pane as it is now; without scripts the way to its page."""
    if not door.by_htmx():
        return redirect(url_for("desk.side_conversation", number=ticket.number, side_id=side.id), 303)
    response = talk(ticket, side, status=status)
    response.headers["HX-Push-Url"] = url_for("desk.side_conversation", number=ticket.number, side_id=side.id)
    return response


def _shown(ticket: Ticket, pane: str, shown: dict[str, object], status: int) -> Response:
    """In the pane and what stands beside it, for a script; else the whole desk."""
    queues = views.queues_of(door.me())
    found = opened.read(ticket.number, door.me(), queues, door.now(), without_letters=True)
    shown = {**shown, "signature": markdown.render(signing.below_outside(ticket, door.me()))}
    if not door.by_htmx():
        return make_response(showing.page(request.args.get("in"), found, pane=pane, more=shown), status)
    more = {"queues": found.names.queues, "sitting": sittings.offered(found), **shown}
    page = render_template("desk/_side_open.html", opened=found, pane=pane, **more)
    response = make_response(page, status)
    if request.method != "GET":
        response.headers["HX-Retarget"] = "#open"
        response.headers["HX-Reswap"] = "innerHTML"
    return response
