"""Signed visitors of a widget: the secrets with which a site says who its users are, and how it does that."""

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.channels.chat import widget_secrets as verbs
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.chat.widget_secret import WidgetSecret
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.web.admin import door, widget_snippets
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.widgets import home
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.get("/widgets/<int:widget_id>/signing")
def widget_signing(widget_id: int) -> str:
    """The secrets, and what to do with them."""
    return _page(door.find(Widget, widget_id), EmptyForm(formdata=None))


@blueprint.post("/widgets/<int:widget_id>/signing/secrets")
def make_widget_secret(widget_id: int) -> tuple[str, int]:
    """Make a secret and show it, this once."""
    found, form = door.find(Widget, widget_id), EmptyForm()
    if form.validate():
        with form.refusals():
            _row, secret = verbs.make(found, door.me(), door.now())
            db.session.commit()
            return _page(found, form, secret), 201
    return _page(found, form), 422


@blueprint.post("/widgets/<int:widget_id>/signing/secrets/<int:secret_id>/revocation")
def revoke_widget_secret(widget_id: int, secret_id: int) -> Response:
    """Take a secret back."""
    found = door.find(WidgetSecret, secret_id)
    if found.widget_id != widget_id:
        raise NotFound
    verbs.revoke(found, door.me(), door.now())
    db.session.commit()
    flash(_("The secret proves nothing any more. Whoever was recognised by it will be recognised anew."))
    return redirect(url_for("admin.widget_signing", widget_id=widget_id))


def _page(found: Widget, form: EmptyForm, secret: str | None = None) -> str:
    rows = db.session.scalars(
        select(WidgetSecret)
        .where(WidgetSecret.widget_id == found.id)
        .order_by(WidgetSecret.revoked_at.is_not(None), WidgetSecret.id.desc())
        .limit(10)
    ).all()
    good = [row for row in rows if row.revoked_at is None]
    return render_template(
        "admin/widget_signing.html",
        widget=found,
        form=form,
        secret=secret,
        rows=rows,
        unreadable={row.id for row in good if not verbs.is_readable(row)},
        may_make=len(good) < verbs.MOST,
        snippets=widget_snippets.of(found),
        home=home(),
    )
