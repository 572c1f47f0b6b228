"""The lists: queues, one's own tickets, and the other views of the rail."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ticketdesk.web.desk import door, showing, views
from ticketdesk.web.desk.door import blueprint


@blueprint.get("/")
def home() -> Response:
    """The view that was chosen, if it is there; else the first queue, or one's own tickets when one is in no team."""
    queues, wanted = views.queues_of(door.me()), door.me().opens
    if wanted is not None and any(view.name == wanted for view in views.rail(door.me(), queues).all):
        return redirect(url_for("desk.view", name=wanted))
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
    return render_template("desk/_rail.html", rail=shown, view=views.beside(shown, request.args.get("view")))
