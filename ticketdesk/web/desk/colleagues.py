"""Asking a colleague into a chat: they read and answer as well, and everybody sees that they are in it."""

from datetime import datetime
from math import ceil

from flask import flash, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.validators import InputRequired

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.accounts.team import TeamMember
from ticketdesk.core.db import db
from ticketdesk.routing import facts, transferring
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, names, next_ticket
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

MOST = 100


class ColleagueForm(Form):
    """Whom to ask."""

    agent = RadioField("Whom", [InputRequired("Choose somebody.")], coerce=int, validate_choice=True)


@blueprint.get("/tickets/<int:number>/colleagues")
def colleagues_sheet(number: int) -> str:
    """The sheet that asks whom."""
    ticket = door.find_for(number, "chat.invite")
    return _sheet(ticket, _form(ticket, ColleagueForm(formdata=None)))


@blueprint.post("/tickets/<int:number>/colleagues")
def invite(number: int) -> Response | tuple[str, int]:
    """Let it ring for them; they see the ticket from now on."""
    ticket = door.find_for(number, "chat.invite")
    form = _form(ticket, ColleagueForm())
    if form.validate():
        with form.refusals():
            agent = db.session.get_one(Agent, form.agent.data)
            transferring.invite(ticket, agent, door.me(), door.now())
            db.session.commit()
            flash(_("%(who)s is asked to join, and can read and answer here.", who=agent.name))
            return next_ticket.lead(url_for("desk.ticket", number=number))
    return _sheet(ticket, form), 422


def there(ticket: Ticket, now: datetime) -> list[tuple[int, str]]:
    """Who works on the ticket's queue and hears chats at this moment, with how much they have."""
    found = db.session.execute(
        select(Agent.id, Agent.name)
        .where(names.works_on(ticket.queue_id), Agent.id.in_(availability.online("chat", now)))
        .where(Agent.id.not_in({ticket.assignee_id or 0, door.me().id}))
        .order_by(Agent.name)
        .limit(MOST)
    ).all()
    teams: dict[int, set[int]] = {row.id: set() for row in found}
    for row in db.session.execute(select(TeamMember).where(TeamMember.agent_id.in_(teams))).scalars():
        teams[row.agent_id].add(row.team_id)
    workers = facts.workers(teams)
    return [
        (
            row.id,
            _(
                "%(name)s, %(load)s of %(most)s chats",
                name=row.name,
                load=ceil(workers[row.id].load.get("chat", 0) / WHOLE),
                most=workers[row.id].most.get("chat", 0),
            ),
        )
        for row in found
    ]


def _form(ticket: Ticket, form: ColleagueForm) -> ColleagueForm:
    """Whoever works on the queue; where the ticket may be shown to others, everybody."""
    wanted = select(Agent.id, Agent.name).where(Agent.disabled_at.is_(None))
    if not allowed(door.me(), "ticket.add_follower", visibility.level(door.me(), ticket)):
        wanted = wanted.where(names.works_on(ticket.queue_id))
    others = wanted.where(Agent.id.not_in({ticket.assignee_id or 0, door.me().id}))
    form.agent.choices = [tuple(row) for row in db.session.execute(others.order_by(Agent.name).limit(MOST))]
    return form


def _sheet(ticket: Ticket, form: ColleagueForm) -> str:
    template = "desk/_colleagues.html" if door.by_htmx() else "desk/colleagues.html"
    return render_template(template, ticket=ticket, form=form)
