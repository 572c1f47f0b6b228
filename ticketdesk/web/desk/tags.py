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
    have = tagging.tags_of(ticket.id)
    wanted = [name for name in [*have, *(form.add.data or "").split(",")] if name != form.remove.data]
    ticket = tagging.set_tags(ticket, wanted, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket)
