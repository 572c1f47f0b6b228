"""Whether the matter is done."""

from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.tickets import batching, progress
from ticketdesk.tickets.batch_changes import Solve
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/resolution")
def solve(number: int) -> Response:
    """The matter is done."""
    ticket = door.find_for(number, "ticket.solve")
    undone_by = batching.carry_out_on(ticket, door.me(), Solve(), door.now())
    db.session.commit()
    return showing.changed(ticket, _("Solved"), undone_by=undone_by)


@blueprint.delete("/tickets/<int:number>/resolution")
def reopen(number: int) -> Response:
    """The matter is not done after all."""
    ticket = progress.reopen(door.find_for(number, "ticket.solve"), door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("Open again"))
