"""A customer's mail that an agent forwarded: for the forwarder, or for whoever wrote it."""

from werkzeug.wrappers import Response

from ticketdesk.channels.email import forwarding
from ticketdesk.core.db import db
from ticketdesk.web.desk import door, messages, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import ForwardedForm, taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/messages/<int:message_id>/original")
def decide_original(number: int, message_id: int) -> Response:
    """Whose ticket it is."""
    ticket = door.find_for(number, "ticket.accept_message")
    form = taken(ForwardedForm())
    message = messages.standing_in(ticket, message_id)
    if form.to.data == "sender":
        forwarding.give_to_sender(ticket, message, door.me().actor, door.now(), files=form.file.data)
        said = _("The original sender is the requester now")
    else:
        forwarding.leave(message)
        said = _("It stays as it is")
    db.session.commit()
    return showing.changed(ticket, said, with_composer=True)


@blueprint.delete("/tickets/<int:number>/messages/<int:message_id>/original")
def undo_original(number: int, message_id: int) -> Response:
    """It is the forwarder's again."""
    ticket = door.find_for(number, "ticket.accept_message")
    taken(EmptyForm())
    forwarding.give_back(ticket, messages.standing_in(ticket, message_id), door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("The forwarder is the requester again"), with_composer=True)
