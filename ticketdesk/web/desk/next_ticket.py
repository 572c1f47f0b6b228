"""The next ticket: whoever is ready for more gets what has least time left of all that they may take."""

import json

from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, url_for
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.routing import next_ticket as verbs
from ticketdesk.routing.next_ticket import Served
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.post("/next")
def next_ticket() -> Response:
    """Serve it and open it; in one sentence why there is none."""
    taken(EmptyForm())
    served = verbs.next_for(door.me(), door.now())
    db.session.commit()
    return goes_on(served)


def goes_on(served: Served, first: str = "") -> Response:
    """The way to what was served; `first` is said before."""
    if served.ticket is not None:
        if first:
            flash(first)
        if served.is_own:
            flash(_("This one is yours already: of all that you can take it has least time left."))
        return lead(url_for("desk.ticket", number=served.ticket.number))
    said = f"{first} {none(served.why_not)}".strip()
    if first or not door.by_htmx():  # the ticket that is still open was passed on
        flash(said)
        return lead(url_for("desk.home"))
    response = make_response("")
    response.headers["HX-Trigger"] = json.dumps({"said": said})
    return response


def lead(address: str) -> Response:
    """To another page, whoever asked."""
    if not door.by_htmx():
        return redirect(address, 303)
    response = FlaskResponse(status=204)
    response.headers["HX-Redirect"] = address
    return response


def none(why_not: str | None) -> str:
    """Why nothing was served."""
    if why_not == "full":
        return _("You have as many tickets as you take at once. Answer or solve one, then more will come.")
    if why_not == "not_fit":
        return _("What waits asks for another team or for skills that you do not have.")
    return _("Nothing waits for you. All quiet.")
