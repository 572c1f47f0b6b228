"""Browsers to which notices may be pushed: allowing this one, taking one off, and the worker that shows them."""

from flask import Response, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from ticketdesk.core.db import db
from ticketdesk.core.outgoing import LONGEST_URL
from ticketdesk.notifications import browsers
from ticketdesk.web import assets, auth
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _

WORKER = "js/push-worker.js"


class BrowserForm(Form):
    """How a browser is reached, as it said itself."""

    endpoint = StringField(validators=[DataRequired(), Length(max=LONGEST_URL)])
    p256dh = StringField(validators=[DataRequired(), Length(max=100)])
    auth = StringField(validators=[DataRequired(), Length(max=40)])


@blueprint.get("/push-worker.js")
def push_worker() -> Response:
    """The worker, at an address from which it may speak for the whole desk."""
    worker = assets.shelf().assets[WORKER]
    return Response(worker.body, content_type=worker.kind)


@blueprint.post("/notices/browsers")
def allow_browser() -> AnyResponse:
    """Push to the browser that asks, for as long as it is signed in."""
    form = taken(BrowserForm())
    browsers.allow(
        door.me(),
        auth.session_row(),
        form.endpoint.data or "",
        form.p256dh.data or "",
        form.auth.data or "",
        door.now(),
    )
    db.session.commit()
    flash(_("Notices are pushed to this browser from now on."))
    return Response(status=204) if door.by_htmx() else redirect(url_for("desk.notice_settings"), 303)


@blueprint.post("/notices/browsers/<int:subscription_id>/removal")
def remove_browser(subscription_id: int) -> AnyResponse:
    """Push to one of them no longer."""
    taken(EmptyForm())
    browsers.take_off(door.me(), subscription_id, door.now())
    db.session.commit()
    flash(_("Nothing is pushed to that browser any more."))
    return redirect(url_for("desk.notice_settings"), 303)
