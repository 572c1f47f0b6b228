"""Coming and going."""

from flask import Response, jsonify

from ticketdesk.channels.chat import attributes, setting, visiting
from ticketdesk.core.db import db
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import VisitForm


@blueprint.post("/widget/<key>/visits")
def visit(key: str) -> tuple[Response, int]:
    """A browser comes for the first time; nothing that it says of itself proves anything (SECURITY R16)."""
    widget, form = door.widget(key), VisitForm()
    door.taken(form)
    visitor, secret = visiting.begin(
        widget,
        name=form.name.data,
        email=form.email.data,
        topic=form.topic.data or "",
        page=form.page.data or "",
        referrer=form.referrer.data or "",
        at=door.now(),
    )
    visitor.attributes = attributes.understood(form.attributes.data or "")
    setting.note(visitor, form.language.data or "", form.timezone.data or "")
    db.session.commit()
    return jsonify(token=secret, seq=0), 201


@blueprint.post("/widget/<key>/left")
def leave(key: str) -> tuple[str, int]:
    """The page was closed."""
    visitor = door.visitor(door.widget(key))
    door.taken(EmptyForm())
    visiting.leave(visitor, door.now())
    db.session.commit()
    return "", 204
