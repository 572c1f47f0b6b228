"""Notices: the menu of the bell, the page with all of them, and marking them read."""

import json
from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, NumberRange

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.notifications import inbox
from ticketdesk.web.desk import door, told, undoable, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import WantedForm, taken
from ticketdesk.web.forms import EmptyForm, Form, WholeField
from ticketdesk.web.texts import ngettext

LOOK_AGAIN = "bell-notices"
"""What pages ask for anew."""
LARGEST = 2**62


class ReadForm(Form):
    """Up to which notice everything was seen."""

    up_to = WholeField(validators=[InputRequired(), NumberRange(min=1, max=LARGEST)])


@blueprint.get("/notices")
def notices() -> str:
    """All of one's notices; for a page that shows them, the same with what has changed of them."""
    only_unread = request.args.get("show") == "unread"
    after, newest = _number("after"), _number("newest")
    page = told.page(door.me(), only_unread=only_unread, after=after, newest=newest)
    show = "unread" if only_unread else None
    shown = {
        "page": page,
        "show": show,
        "is_first": after is None,
        "again": url_for("desk.notices", show=show, after=after, newest=page.newest),
        "older": url_for("desk.notices", show=show, after=page.after) if page.after else None,
    }
    if door.by_htmx():
        return render_template("desk/_notices.html", **shown)
    rail = views.rail(door.me(), views.queues_of(door.me()))
    return render_template("desk/notices.html", rail=rail, view=views.notices(), **shown)


@blueprint.get("/notices/bell")
def notices_bell() -> str:
    """What the bell shows: how many are unread, and the newest of them."""
    unread = inbox.unread(door.me())
    tickets = told.latest(door.me()) if unread else []
    newest = max((one.id for of in tickets for one in of.notices), default=None)
    return render_template("desk/_bell_now.html", unread=unread, tickets=tickets, newest=newest, most=inbox.MOST)


@blueprint.post("/notices/reading")
def read_notices() -> Response:
    """Everything up to the newest that was shown is read; what came since is not."""
    changed = inbox.read_up_to(door.me(), taken(ReadForm()).up_to.data, door.now())
    db.session.commit()
    return _marked(changed)


@blueprint.post("/notices/<int:notice_id>/reading")
def read_notice(notice_id: int) -> Response:
    """One of them is read, or unread again."""
    if taken(WantedForm()).wanted.data == "yes":
        changed = inbox.read_one(door.me(), notice_id, door.now())
    else:
        changed = inbox.unread_one(door.me(), notice_id)
    if not changed:
        raise NotFound("There is no such notice of yours.")
    db.session.commit()
    return _answered({})


@blueprint.post("/notices/unread")
def unread_notices() -> Response:
    """What was marked at one moment is unread again."""
    taken(EmptyForm())
    changed = inbox.unread_again(door.me(), _moment())
    db.session.commit()
    words = ngettext("One notice is unread again", "%(num)s notices are unread again", changed)
    return _answered({"said": words}, words)


def _marked(changed: int) -> Response:
    if not changed:
        return _answered({})
    words = ngettext("One notice is read", "%(num)s notices are read", changed)
    back = url_for("desk.unread_notices", at=door.now().isoformat())
    return _answered(undoable.way_back(words, back), words)


def _answered(triggers: dict[str, object], words: str | None = None) -> Response:
    """What is told, and that pages look again; without a script the way back to the page."""
    if not door.by_htmx():
        if words is not None:
            flash(words)
        return redirect(url_for("desk.notices"), 303)
    response = Response(status=204)
    response.headers["HX-Trigger"] = json.dumps({**triggers, LOOK_AGAIN: ""})
    return response


def _number(name: str) -> int | None:
    said = request.args.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 18 else None


def _moment() -> datetime:
    """The moment in the address; raises NotFound for what is none."""
    try:
        at = datetime.fromisoformat(request.args.get("at", ""))
    except ValueError as error:
        raise NotFound("There is nothing to take back.") from error
    if at.tzinfo is None:
        raise NotFound("There is nothing to take back.")
    return at.astimezone(UTC)
