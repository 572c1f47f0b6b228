"""The lists: queues, one's own tickets, and the other views of the rail."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, showing, views
from ticketdesk.web.desk.door import blueprint


@blueprint.get("/")
def home() -> Response:
    """The first queue, or one's own tickets when one is in no team."""
    queues = views.queues_of(door.me())
    return redirect(url_for("desk.view", name=f"queue-{queues[0].id}" if queues else "mine"))


@blueprint.get("/views/<name>")
def view(name: str) -> str:
    """One view with nothing opened."""
    return showing.page(name)


@blueprint.get("/views/<name>/rows")
def rows(name: str) -> str:
    """The rows of one page of a view, as they are now."""
    rail = views.rail(door.me(), views.queues_of(door.me()))
    shown = showing.listed(rail.view(name, is_past="past" in request.args))
    return render_template("desk/_rows_again.html", is_news=True, **shown)


@blueprint.get("/rail")
def rail() -> str:
    """The rail with its counts as they are now."""
    shown = views.rail(door.me(), views.queues_of(door.me()))
    return render_template("desk/_rail.html", rail=shown, view=shown.view(request.args.get("view")))


@blueprint.get("/next")
def next_ticket() -> Response:
    """The ticket with least time left among one's own and those that nobody has."""
    waiting = views.tickets(views.anything(), door.me()).where(
        (Ticket.assignee_id == door.me().id) | Ticket.assignee_id.is_(None), Ticket.category.in_(("new", "open"))
    )
    number = db.session.scalar(waiting.with_only_columns(Ticket.number).order_by(Ticket.due_order, Ticket.id).limit(1))
    return redirect(url_for("desk.home") if number is None else url_for("desk.ticket", number=number))
