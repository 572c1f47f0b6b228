"""Whether an agent takes new work."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from ticketdesk.accounts import availability
from ticketdesk.core.db import db
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AvailabilityForm, taken


@blueprint.post("/availability")
def state() -> Response:
    """Say so for mail and chat at once; the page that comes back shows it."""
    stated = taken(AvailabilityForm()).state.data
    for channel in availability.CHANNELS:
        availability.state(door.me(), channel, stated, door.now())
    db.session.commit()
    return redirect(
        url_for("desk.rail", view=request.args.get("view")) if door.by_htmx() else url_for("desk.home"), 303
    )
