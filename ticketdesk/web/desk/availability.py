"""Whether an agent takes new work, by mail and by chat."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from ticketdesk.accounts import availability
from ticketdesk.core.db import db
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AvailabilityForm, taken


@blueprint.post("/availability")
def state() -> Response:
    """Say so for one channel, or for all at once; the page that comes back shows it."""
    form = taken(AvailabilityForm())
    for channel in availability.CHANNELS:
        if form.channel.data in (None, "", channel):
            availability.state(door.me(), channel, form.state.data, door.now())
    db.session.commit()
    return redirect(
        url_for("desk.rail", view=request.args.get("view")) if door.by_htmx() else url_for("desk.home"), 303
    )
