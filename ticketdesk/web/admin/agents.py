"""Agents: who works here, with which rights, in which teams."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import EmailField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import availability, capacities, commands, people, sessions, skills, working_hours
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.accounts.team import Team, TeamMember, teams_of
from ticketdesk.core.db import db
from ticketdesk.web.admin import agent_work, choices, door
from ticketdesk.web.admin.agent_work import CapacityForm, HoursForm, SkillsForm, Work
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import BoxesField, Form, offered, plain
from ticketdesk.web.texts import _

ROLES = [
    ("agent", "Agent: answers the tickets of their teams"),
    ("supervisor", "Supervisor: also sees how their teams are doing"),
    ("administrator", "Administrator: sees every ticket and changes settings"),
]


class RoleField(RadioField):  # type: ignore[misc]  # WTForms ships no types
    """One of the roles."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__("Role", [InputRequired("Choose a role.")], *args, choices=offered(ROLES), **given)


class TeamsField(BoxesField):
    """Any number of teams."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__("Teams", *args, coerce=int, choices=lambda: offered(choices.teams()), **given)


class InviteForm(Form):
    """Somebody new."""

    email = EmailField("Email", [InputRequired("An address, please."), Length(max=254)], filters=[plain])
    name = StringField("Name", [InputRequired("A name, please."), Length(max=people.LONGEST_NAME)], filters=[plain])
    role = RoleField(default="agent")
    teams = TeamsField()


class NameForm(Form):
    """What to call somebody."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=people.LONGEST_NAME)], filters=[plain])


class RoleForm(Form):
    """Other rights."""

    role = RoleField()


class TeamsForm(Form):
    """Other teams."""

    teams = TeamsField()


@blueprint.get("/agents")
def agents() -> str:
    """Everybody who works here."""
    in_teams = (
        select(func.array_agg(Team.name))
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.agent_id == Agent.id)
        .scalar_subquery()
    )
    seen = select(func.max(AgentSession.seen_at)).where(AgentSession.agent_id == Agent.id).scalar_subquery()
    rows = db.session.execute(select(Agent, in_teams, seen).order_by(Agent.disabled_at.is_not(None), Agent.name)).all()
    return render_template("admin/agents.html", rows=rows)


@blueprint.get("/agents/new")
def new_agent() -> str:
    """A form for somebody new."""
    return render_template("admin/agent_new.html", form=InviteForm(formdata=None))


@blueprint.post("/agents")
def create_agent() -> tuple[str, int]:
    """Let somebody in: shows, once, the link by which they choose a password."""
    form = InviteForm()
    if form.validate():
        with form.refusals():
            agent = people.create(form.email.data, form.name.data, form.role.data, door.me(), door.now())
            people.change_teams(agent, form.teams.data or [], door.me(), door.now())
            secret = people.invite(agent, door.me(), door.now())
            db.session.commit()
            return render_template("admin/agent_link.html", agent=agent, link=commands.link(secret)), 201
    return render_template("admin/agent_new.html", form=form), 422


@blueprint.get("/agents/<int:agent_id>")
def agent(agent_id: int) -> str:
    """One agent."""
    return page(door.find(Agent, agent_id))


@blueprint.post("/agents/<int:agent_id>/name")
def rename_agent(agent_id: int) -> Response | tuple[str, int]:
    """Call somebody something else."""
    found, form = door.find(Agent, agent_id), NameForm()
    if form.validate():
        with form.refusals():
            people.rename(found, form.name.data, door.me(), door.now())
            return saved(agent_id)
    return page(found, name=form), 422


@blueprint.post("/agents/<int:agent_id>/role")
def change_role(agent_id: int) -> Response | tuple[str, int]:
    """Give other rights."""
    found, form = door.find(Agent, agent_id), RoleForm()
    if form.validate():
        with form.refusals():
            people.change_role(found, form.role.data, door.me(), door.now())
            return saved(agent_id)
    return page(found, role=form), 422


@blueprint.post("/agents/<int:agent_id>/teams")
def change_teams(agent_id: int) -> Response | tuple[str, int]:
    """Put somebody into other teams."""
    found, form = door.find(Agent, agent_id), TeamsForm()
    if form.validate():
        with form.refusals():
            people.change_teams(found, form.teams.data or [], door.me(), door.now())
            return saved(agent_id)
    return page(found, teams=form), 422


@blueprint.post("/agents/<int:agent_id>/skills")
def give_skills(agent_id: int) -> Response | tuple[str, int]:
    """Say what somebody is good at."""
    found, form = door.find(Agent, agent_id), SkillsForm()
    if form.validate():
        with form.refusals():
            skills.give(found, form.skills.data or [], door.me(), door.now())
            return saved(agent_id)
    return page(found, work=agent_work.of(found, skills=form)), 422


@blueprint.post("/agents/<int:agent_id>/capacity")
def set_capacity(agent_id: int) -> Response | tuple[str, int]:
    """Say how much somebody takes at once, and whether they keep it."""
    found, form = door.find(Agent, agent_id), CapacityForm()
    if form.validate():
        with form.refusals():
            for channel in availability.CHANNELS:
                capacities.set_own(found, channel, form[channel].data, door.me(), door.now())
            availability.keep_work(found, form.keeps_work.data, door.me(), door.now())
            return saved(agent_id)
    return page(found, work=agent_work.of(found, capacity=form)), 422


@blueprint.post("/agents/<int:agent_id>/hours")
def set_hours(agent_id: int) -> Response | tuple[str, int]:
    """Say when somebody works."""
    found, form = door.find(Agent, agent_id), HoursForm()
    if form.validate():
        with form.refusals():
            working_hours.of_agent(found, form.calendar.data, door.me(), door.now())
            return saved(agent_id)
    return page(found, work=agent_work.of(found, hours=form)), 422


@blueprint.post("/agents/<int:agent_id>/link")
def new_link(agent_id: int) -> tuple[str, int]:
    """Show, once, a new link by which somebody chooses a password."""
    found = door.find(Agent, agent_id)
    secret = people.invite(found, door.me(), door.now())
    db.session.commit()
    return render_template("admin/agent_link.html", agent=found, link=commands.link(secret)), 201


@blueprint.post("/agents/<int:agent_id>/disabling")
def disable_agent(agent_id: int) -> Response:
    """Let somebody in no longer."""
    people.disable(door.find(Agent, agent_id), door.me(), door.now())
    return saved(agent_id)


@blueprint.post("/agents/<int:agent_id>/enabling")
def enable_agent(agent_id: int) -> Response:
    """Let somebody in again."""
    people.enable(door.find(Agent, agent_id), door.me(), door.now())
    return saved(agent_id)


def saved(agent_id: int) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.agent", agent_id=agent_id))


def page(
    found: Agent,
    *,
    name: NameForm | None = None,
    role: RoleForm | None = None,
    teams: TeamsForm | None = None,
    work: Work | None = None,
) -> str:
    """The page of one agent, with the form that was just sent as it stands."""
    return render_template(
        "admin/agent.html",
        agent=found,
        name_form=name or NameForm(formdata=None, name=found.name),
        role_form=role or RoleForm(formdata=None, role=found.role),
        teams_form=teams or TeamsForm(formdata=None, teams=teams_of(found.id)),
        signed_in=sessions.of(found.id, door.now()),
        work=work or agent_work.of(found),
    )
