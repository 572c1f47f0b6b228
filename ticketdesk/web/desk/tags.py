"""Words on a ticket."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import tagging
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import TagsForm, taken


@blueprint.post("/tickets/<int:number>/tags")
def tag(number: int) -> Response:
    """Put some tags on, separated by commas, or take one off."""
    ticket = door.find_for(number, "ticket.tag")
    form = taken(TagsForm())
    add, remove = (form.add.data or "").split(","), [form.remove.data or ""]
    ticket = tagging.change_tags(ticket, add, remove, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket)
