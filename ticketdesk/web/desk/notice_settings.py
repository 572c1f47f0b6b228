"""What an agent hears of, and when: the page on which they choose."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ticketdesk.core import secrets, webpush
from ticketdesk.core.db import db
from ticketdesk.notifications import browsers, preferences
from ticketdesk.web import auth
from ticketdesk.web.browsers import browser_name
from ticketdesk.web.desk import door, notice_form, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.desk.notice_form import NoticeForm
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.get("/notices/settings")
def notice_settings() -> str:
    """What is chosen now."""
    return _page(NoticeForm(formdata=None, **notice_form.filled(preferences.of(door.me().id))))


@blueprint.post("/notices/settings")
def choose_notices() -> Response | tuple[str, int]:
    """Choose something else."""
    form = NoticeForm()
    if form.validate():
        with form.refusals():
            preferences.choose(door.me(), form.setting(), door.now())
            db.session.commit()
            flash(_("Saved. Whatever happens from now on is told like this."))
            return redirect(url_for("desk.notice_settings"), 303)
    return _page(form), 422


@blueprint.post("/notices/settings/reset")
def reset_notices() -> Response:
    """As for whoever never chose."""
    taken(EmptyForm())
    preferences.reset(door.me())
    db.session.commit()
    flash(_("Everything is as it was at first."))
    return redirect(url_for("desk.notice_settings"), 303)


def _page(form: NoticeForm) -> str:
    rail = views.rail(door.me(), views.queues_of(door.me()))
    return render_template(
        "desk/notice_settings.html",
        form=form,
        lines=list(notice_form.lines(form)),
        rail=rail,
        view=views.notices(),
        zone=door.me().timezone.replace("_", " "),
        browsers=browsers.of([door.me().id], door.now()),
        browser_name=browser_name,
        present=auth.session_row(),
        push_key=webpush.encoded(webpush.point(secrets.push_key().public_key())),
    )
