"""What an agent is given: by what they are good at, how much they take, when they work, and whether they keep it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from wtforms import BooleanField, SelectField
from wtforms.validators import NumberRange, Optional

from ticketdesk.accounts import availability, capacities, skills
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.core.db import db
from ticketdesk.web.admin import choices
from ticketdesk.web.forms import BoxesField, Form, WholeField, offered

MOST = NumberRange(0, capacities.MOST, f"Between 0 and {capacities.MOST}.")


class SkillsForm(Form):
    """What somebody is good at."""

    skills = BoxesField(
        "Skills", coerce=int, choices=lambda: offered((one.id, one.name) for one in skills.everything())
    )


class CapacityForm(Form):
    """How much somebody takes at once."""

    email = WholeField("Mails at once", [Optional(), MOST])
    chat = WholeField("Chats at once", [Optional(), MOST])
    keeps_work = BooleanField(
        "Keeps their work while they are gone",
        description="Else unanswered tickets of queues that hand out work go to somebody else when they leave.",
    )


class HoursForm(Form):
    """When somebody works."""

    calendar = SelectField(
        "Working hours",
        coerce=lambda value: int(value) if value not in (None, "") else None,
        choices=lambda: offered([("", "as their team"), *choices.calendars()]),
        default="",
    )


@dataclass(frozen=True, slots=True)
class Work:
    """The forms of one agent's work, and what holds where they say nothing."""

    skills: SkillsForm
    capacity: CapacityForm
    hours: HoursForm
    usual: dict[str, int]


def of(agent: Agent, **given: Any) -> Work:
    """The forms as they stand; `given` are those that were just sent."""
    own, by_role = capacities.own([agent.id]), capacities.of_roles()
    keeps = select(Availability.agent_id).where(Availability.agent_id == agent.id, Availability.keeps_work)
    return Work(
        skills=given.get("skills") or SkillsForm(formdata=None, skills=sorted(skills.of_agents([agent.id])[agent.id])),
        capacity=given.get("capacity")
        or CapacityForm(
            formdata=None,
            email=own.get((agent.id, "email")),
            chat=own.get((agent.id, "chat")),
            keeps_work=db.session.scalar(keeps.limit(1)) is not None,
        ),
        hours=given.get("hours") or HoursForm(formdata=None, calendar=agent.calendar_id),
        usual={channel: by_role[agent.role, channel] for channel in availability.CHANNELS},
    )
