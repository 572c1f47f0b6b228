"""The dialog that the server fills, and the way on after what was done in it."""

import json

from flask import Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, undoable


def sheet(template: str, shown: dict[str, object], status: int = 200) -> Response:
    """A sheet in the dialog, or on a page of its own; one that answers a refusal goes there wherever it was asked."""
    if not door.by_htmx():
        return make_response(render_template("desk/alone.html", sheet=template, **shown), status)
    response = make_response(render_template(template, **shown), status)
    if status != 200:
        put_into_sheet(response)
    return response


def put_into_sheet(response: Response) -> None:
    """It goes into the dialog, wherever it was asked."""
    response.headers["HX-Retarget"] = "#sheet"
    response.headers["HX-Reswap"] = "innerHTML"


def went_to(ticket: Ticket, said: str, undoing: str | None = None, write: str | None = None) -> AnyResponse:
    """On to the page of a ticket, with the words and the address that takes it back, where there is one.

    `write` is the sheet of the composer that shall lie on top.
    """
    page = url_for("desk.ticket", number=ticket.number, write=write)
    if not door.by_htmx():
        flash(said)
        return redirect(page, 303)
    response = Response(status=204)
    response.headers["HX-Location"] = json.dumps({"path": page, "target": "#open"})
    told = {"said": said} if undoing is None else undoable.way_back(said, undoing)
    response.headers["HX-Trigger"] = json.dumps(told)
    return response
