"""The talk by mail, for a visitor who wants to keep it."""

from flask import Response, jsonify
from flask_babel import get_locale

from ticketdesk.channels.chat import transcript as transcripts
from ticketdesk.core.db import db
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint


@blueprint.post("/widget/<key>/transcript")
def transcript(key: str) -> Response:
    """Mail it to the address that the visitor gave."""
    visitor = door.visitor(door.widget(key))
    door.taken(EmptyForm())
    address = transcripts.ask(visitor, str(get_locale()), door.now())
    db.session.commit()
    return jsonify(address=address)
