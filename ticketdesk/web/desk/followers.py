"""Who hears of a ticket that is not theirs."""

from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import following
from ticketdesk.web.desk import door, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import FollowerForm, WantedForm, taken
from ticketdesk.web.texts import _


@blueprint.post("/tickets/<int:number>/following")
def follow(number: int) -> Response:
    """Follow the ticket, or no longer."""
    ticket = door.find_for(number, "ticket.follow")
    wanted = taken(WantedForm()).wanted.data == "yes"
    change = following.follow if wanted else following.unfollow
    ticket = change(ticket, door.me(), door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("You follow this ticket") if wanted else _("You no longer follow this ticket"))


@blueprint.post("/tickets/<int:number>/followers")
def add_follower(number: int) -> Response:
    """Let a colleague follow the ticket, which lets them see it."""
    ticket = door.find_for(number, "ticket.add_follower")
    wanted = taken(FollowerForm()).agent.data
    agent = db.session.scalar(select(Agent).where(Agent.id == wanted, Agent.disabled_at.is_(None)))
    if agent is None:
        raise Invalid(_("Choose somebody who works here."), "agent")
    ticket = following.follow(ticket, agent, door.me().actor, door.now())
    db.session.commit()
    return showing.changed(ticket, _("%(who)s follows this ticket and can see it", who=agent.name))
