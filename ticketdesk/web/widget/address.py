"""Where answers shall go when the visitor is away."""

from ticketdesk.channels.chat import reaching
from ticketdesk.core.db import db
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import AddressForm


@blueprint.post("/widget/<key>/address")
def address(key: str) -> tuple[str, int]:
    """Send answers to an address; it proves nothing of whoever typed it."""
    visitor, form = door.visitor(door.widget(key)), AddressForm()
    door.taken(form)
    reaching.answer_to(visitor, name=form.name.data, email=form.email.data, at=door.now())
    db.session.commit()
    return "", 204
