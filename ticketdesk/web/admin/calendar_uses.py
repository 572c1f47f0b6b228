"""What counts in a calendar: policies, teams, agents, and the chats whose hours it is."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
from ticketdesk.sla import loading
from ticketdesk.sla.policies import Fact, first_match
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.texts import _, ngettext


@dataclass(frozen=True, slots=True)
class Use:
    """One kind of thing that needs the calendar."""

    words: str
    names: tuple[str, ...]
    keeps: bool  # whether it stands in the way of removing the calendar


def of(calendar_id: int) -> list[Use]:
    """Everything that counts in a calendar, in words."""
    present, past = _policies(calendar_id)
    found = [
        Use(_("SLA policies"), present, True),
        Use(_("SLA policies that counted in it before"), past, True),
        Use(_("Teams"), _names(select(Team.name).where(Team.calendar_id == calendar_id).order_by(Team.name)), True),
        Use(_("Agents"), _names(select(Agent.name).where(Agent.calendar_id == calendar_id).order_by(Agent.name)), True),
        Use(_("Chats"), _widgets(calendar_id), False),
    ]
    return [use for use in found if use.names]


def in_short(calendar_ids: list[int]) -> dict[int, str]:
    """How many policies, teams and agents count in each of these, for the list of all."""
    counts: dict[int, list[str]] = {calendar_id: [] for calendar_id in calendar_ids}
    newest = select(func.max(SlaPolicyVersion.id)).group_by(SlaPolicyVersion.policy_id)
    for calendar_id, many in db.session.execute(
        select(SlaPolicyVersion.calendar_id, func.count())
        .where(SlaPolicyVersion.id.in_(newest))
        .group_by(SlaPolicyVersion.calendar_id)
    ):
        counts[calendar_id].append(ngettext("one policy", "%(num)s policies", many))
    for row in db.session.execute(_by_calendar(Team)):
        counts[row.calendar_id].append(ngettext("one team", "%(num)s teams", row.many))
    for row in db.session.execute(_by_calendar(Agent)):
        counts[row.calendar_id].append(ngettext("one agent", "%(num)s agents", row.many))
    return {calendar_id: ", ".join(words) for calendar_id, words in counts.items()}


def _by_calendar(model: type[Team] | type[Agent]) -> Select[int | None, int]:
    return (
        select(model.calendar_id, func.count().label("many"))
        .where(model.calendar_id.is_not(None))
        .group_by(model.calendar_id)
    )


def _names(rows: Select[str]) -> tuple[str, ...]:
    return tuple(db.session.scalars(rows))


def _policies(calendar_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The policies that count in it now, and those of which only an earlier version did."""
    newest = select(func.max(SlaPolicyVersion.id)).group_by(SlaPolicyVersion.policy_id)
    rows = db.session.execute(
        select(SlaPolicy.name, func.bool_or(SlaPolicyVersion.id.in_(newest)).label("is_present"))
        .join(SlaPolicyVersion, SlaPolicyVersion.policy_id == SlaPolicy.id)
        .where(SlaPolicyVersion.calendar_id == calendar_id)
        .group_by(SlaPolicy.id)
        .order_by(SlaPolicy.position, SlaPolicy.id)
    ).all()
    return tuple(row.name for row in rows if row.is_present), tuple(row.name for row in rows if not row.is_present)


def _widgets(calendar_id: int) -> tuple[str, ...]:
    """The chats that are open by it: by the policy that would fit, or as the first calendar of all."""
    policies, first = loading.policies_in_force(), db.session.scalar(select(func.min(Calendar.id)))
    rows = db.session.execute(
        select(Widget.name, Queue.id, Queue.brand_id)
        .join(Queue, Queue.id == Widget.queue_id)
        .where(Widget.enabled)
        .order_by(Widget.name)
    )
    found = []
    for name, queue_id, brand_id in rows:
        facts: dict[str, Fact] = {"queue_id": queue_id, "brand_id": brand_id, "priority": "normal", "channel": "chat"}
        policy = first_match(policies, facts)
        if (policy.calendar_id if policy is not None else first) == calendar_id:
            found.append(name)
    return tuple(found)
