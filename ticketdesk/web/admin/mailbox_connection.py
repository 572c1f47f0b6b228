"""Connecting a mailbox with Google or Microsoft: there, and back with a code that a button hands in.

The provider sends the browser back by GET, which changes nothing: opened twice, by a preview or by somebody else's
link, it is a page. What connects is the button on it.
"""

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from ticketdesk.channels.email import oauth_clients, oauth_connecting
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.web import auth
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

LONGEST_STATE = 100


class BackForm(Form):
    """What the provider sent along."""

    state = HiddenField(validators=[InputRequired(), Length(max=LONGEST_STATE)])
    code = HiddenField(validators=[InputRequired(), Length(max=oauth_connecting.LONGEST_CODE)])


@blueprint.post("/mailboxes/<int:mailbox_id>/connection/<provider>")
def begin_connection(mailbox_id: int, provider: str) -> str:
    """Show the way to the provider: a link, since our pages let no form lead to another site."""
    found, whom = door.find(Mailbox, mailbox_id), oauth_clients.provider(provider)
    there = oauth_connecting.begin(found, provider, auth.session_row().id, back(), door.now())
    db.session.commit()
    return render_template("admin/mailbox_there.html", mailbox=found, provider=whom, there=there)


@blueprint.get("/mailboxes/oauth")
def connection_back() -> tuple[str, int]:
    """Where the provider sends the browser; shows what it brought, and connects nothing yet."""
    state, code = request.args.get("state", ""), request.args.get("code", "")
    attempt = oauth_connecting.expected(state[:LONGEST_STATE], auth.session_row().id, door.now())
    if attempt is None:
        return _refused(oauth_connecting.TOO_LATE, None)
    mailbox, whom = door.find(Mailbox, attempt.mailbox_id), oauth_clients.provider(attempt.provider)
    if not code:
        return _refused(_("%(provider)s gave no access. Nothing has changed.", provider=whom.title), mailbox)
    form = BackForm(formdata=None, state=state, code=code)
    return render_template("admin/mailbox_back.html", mailbox=mailbox, provider=whom, form=form), 200


@blueprint.post("/mailboxes/oauth")
def finish_connection() -> Response | tuple[str, int]:
    """Connect."""
    form = BackForm()
    if not form.validate():
        return _refused(oauth_connecting.TOO_LATE, None)
    session_id = auth.session_row().id
    try:
        mailbox = oauth_connecting.finish(form.state.data, form.code.data, session_id, back(), door.me(), door.now())
    except Conflict as error:
        db.session.rollback()
        return _refused(str(error), None)
    db.session.commit()
    flash(_("Connected."))
    return redirect(url_for("admin.mailbox", mailbox_id=mailbox.id))


@blueprint.post("/mailboxes/<int:mailbox_id>/connection/removal")
def end_connection(mailbox_id: int) -> Response:
    """Forget what opens it."""
    oauth_connecting.disconnect(door.find(Mailbox, mailbox_id), door.me(), door.now())
    db.session.commit()
    flash(_("Disconnected. What was given to us can also be taken back at the provider."))
    return redirect(url_for("admin.mailbox", mailbox_id=mailbox_id))


def back() -> str:
    """The address that providers are told to send people back to."""
    config: Config = current_app.extensions["ticketdesk.config"]
    return config.public_url + url_for("admin.connection_back")


def _refused(why: str, mailbox: Mailbox | None) -> tuple[str, int]:
    return render_template("admin/mailbox_back.html", mailbox=mailbox, problem=why), 409
