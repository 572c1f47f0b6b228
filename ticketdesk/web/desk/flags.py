"""Spam and trash, each put on and taken off by the same address."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import flags
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import WantedForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/spam")
def spam(number: int) -> Response:
    """It is spam, or it is not after all."""
    ticket = door.find_for(number, "ticket.spam")
    wanted = taken(WantedForm()).wanted.data == "yes"
    change = flags.mark_spam if wanted else flags.unmark_spam
    ticket = change(ticket, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Marked as spam") if wanted else _("No spam after all"))


@blueprint.post("/tickets/<int:number>/trash")
def trash(number: int) -> Response:
    """Nobody needs it, or somebody does after all."""
    ticket = door.find_for(number, "ticket.trash")
    wanted = taken(WantedForm()).wanted.data == "yes"
    change = flags.trash if wanted else flags.restore
    ticket = change(ticket, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Put into the trash") if wanted else _("Taken out of the trash"))
