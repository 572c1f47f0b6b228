"""Teams: who answers together."""

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import teams as verbs
from ticketdesk.accounts import working_hours
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team, TeamMember
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _


class TeamForm(Form):
    """A team's name."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)], filters=[plain])


class TeamHoursForm(Form):
    """When a team works."""

    calendar = SelectField(
        "Working hours",
        coerce=lambda value: int(value) if value not in (None, "") else None,
        choices=lambda: offered([("", "always"), *choices.calendars()]),
        default="",
    )


@blueprint.get("/teams")
def teams() -> str:
    """All teams."""
    return _list(TeamForm(formdata=None))


@blueprint.post("/teams")
def create_team() -> Response | tuple[str, int]:
    """Found a team."""
    form = TeamForm()
    if form.validate():
        with form.refusals():
            team = verbs.create(form.name.data, door.me(), door.now())
            db.session.commit()
            flash(_("Team made. Now give it members and a queue."))
            return redirect(url_for("admin.team", team_id=team.id))
    return _list(form), 422


@blueprint.get("/teams/<int:team_id>")
def team(team_id: int) -> str:
    """One team."""
    found = door.find(Team, team_id)
    return _page(found, TeamForm(formdata=None, name=found.name))


@blueprint.post("/teams/<int:team_id>")
def change_team(team_id: int) -> Response | tuple[str, int]:
    """Call a team something else."""
    found, form = door.find(Team, team_id), TeamForm()
    if form.validate():
        with form.refusals():
            verbs.rename(found, form.name.data, door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.team", team_id=team_id))
    return _page(found, form), 422


@blueprint.post("/teams/<int:team_id>/hours")
def set_team_hours(team_id: int) -> Response | tuple[str, int]:
    """Say when a team works."""
    found, form = door.find(Team, team_id), TeamHoursForm()
    if form.validate():
        with form.refusals():
            working_hours.of_team(found, form.calendar.data, door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.team", team_id=team_id))
    return _page(found, TeamForm(formdata=None, name=found.name), form), 422


def _list(form: TeamForm) -> str:
    members = select(func.count()).where(TeamMember.team_id == Team.id).scalar_subquery()
    queues = select(func.count()).where(Queue.team_id == Team.id, Queue.archived_at.is_(None)).scalar_subquery()
    rows = db.session.execute(select(Team, members, queues).order_by(Team.name)).all()
    return render_template("admin/teams.html", rows=rows, form=form)


def _page(found: Team, form: TeamForm, hours: TeamHoursForm | None = None) -> str:
    members = db.session.scalars(
        select(Agent).join(TeamMember, TeamMember.agent_id == Agent.id).where(TeamMember.team_id == found.id)
    )
    queues = db.session.scalars(
        select(Queue).where(Queue.team_id == found.id, Queue.archived_at.is_(None)).order_by(Queue.position)
    )
    return render_template(
        "admin/team.html",
        team=found,
        form=form,
        hours_form=hours or TeamHoursForm(formdata=None, calendar=found.calendar_id),
        members=sorted(members, key=lambda agent: agent.name),
        queues=list(queues),
    )
