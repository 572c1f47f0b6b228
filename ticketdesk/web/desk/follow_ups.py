"""Coming back to a customer who was not content."""

from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.surveys import following_up
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.tickets import chain
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _


class OutcomeForm(Form):
    """What came of it."""

    outcome = TextAreaField(
        validators=[InputRequired("Say what came of it."), Length(max=following_up.LONGEST_OUTCOME)]
    )


@blueprint.post("/tickets/<int:number>/follow-ups/<int:follow_up_id>/outcome")
def finish_follow_up(number: int, follow_up_id: int) -> Response:
    """Say what came of it; from then on it is done."""
    ticket = door.find_for(number, "ticket.follow_up")
    found = db.session.get(FollowUp, follow_up_id)
    if found is None or not _stands_in(found, ticket):
        raise NotFound("There is no such follow-up.")
    following_up.finish(found, taken(OutcomeForm()).outcome.data or "", door.me(), door.now())
    db.session.commit()
    return showing.changed(ticket, _("The follow-up is done."))


def _stands_in(follow_up: FollowUp, ticket: Ticket) -> bool:
    """Whether it is of this ticket, or of one that was merged into it and is shown beside it."""
    if follow_up.ticket_id == ticket.id:
        return True
    survivor = chain.end(follow_up.ticket_id)
    return survivor is not None and survivor.id == ticket.id
