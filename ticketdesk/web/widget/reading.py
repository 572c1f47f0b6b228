"""What was seen."""

from ticketdesk.channels.chat import reading, visiting
from ticketdesk.core.db import db
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import ReadForm


@blueprint.post("/widget/<key>/read")
def read(key: str) -> tuple[str, int]:
    """Everything up to a number was seen, so none of it need go by mail."""
    visitor, form = door.visitor(door.widget(key)), ReadForm()
    door.taken(form)
    reading.read(visitor, form.seq.data, door.now())
    visiting.seen(visitor.id, door.now())
    db.session.commit()
    return "", 204
