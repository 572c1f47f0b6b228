"""What each agent chose to hear of and when: asked once for all who are told, and changed by themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.notifications import when
from ticketdesk.notifications.notice_setting import NoticeSetting
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.topics import BY_NAME, WAYS, topic_of, ways
from ticketdesk.notifications.when import MORNING, Quiet
from ticketdesk.tickets.follower import Reading

LATELY = timedelta(minutes=1)
"""Whoever got a mail this short a time ago gets what follows in one."""


class Setting(NamedTuple):
    """An agent's choices, whether they ever made any or not."""

    choices: Mapping[str, Any] = {}
    rhythm: str = "at_once"
    morning: int = MORNING
    quiet: Quiet = ()

    def ways(self, kind: str, reason: str) -> frozenset[str]:
        """On which ways something is told."""
        return ways(topic_of(kind, reason), self.choices)


class Recipient(NamedTuple):
    """An agent who is told of something."""

    email: str
    zone: ZoneInfo
    setting: Setting
    read_up_to: int  # the last event of the ticket that they have seen
    was_mailed: bool  # lately, or will be soon

    def leaves_at(self, now: datetime) -> datetime:
        """When a mail to them leaves that can wait."""
        return when.leaves_at(now, *self.setting[1:], self.zone)

    def awake(self, at: datetime) -> datetime:
        """When a mail to them leaves that waits for nothing but quiet hours."""
        return when.awake(at, self.setting.quiet, self.zone)


def recipients(agent_ids: Collection[int], ticket_id: int, now: datetime) -> dict[int, Recipient]:
    """Everything that telling needs to know of these agents, in one question."""
    of = {"agent_ids": sorted(agent_ids), "ticket_id": ticket_id, "lately": now - LATELY}
    return {
        row.id: Recipient(row.email, ZoneInfo(row.timezone), _setting(row), row.seq or 0, row.was_mailed)
        for row in db.session.execute(_RECIPIENTS, of)
    }


_RECIPIENTS = (
    select(
        Agent.id,
        Agent.email,
        Agent.timezone,
        NoticeSetting.choices,
        NoticeSetting.rhythm,
        NoticeSetting.morning,
        NoticeSetting.quiet,
        Reading.seq,
        exists()
        .where(
            Notification.agent_id == Agent.id,
            or_(Notification.mailed_at > bindparam("lately"), Notification.mail_due_at.is_not(None)),
        )
        .label("was_mailed"),
    )
    .outerjoin(NoticeSetting, NoticeSetting.agent_id == Agent.id)
    .outerjoin(Reading, (Reading.agent_id == Agent.id) & (Reading.ticket_id == bindparam("ticket_id")))
    .where(Agent.id.in_(bindparam("agent_ids", expanding=True)))
)


def of(agent_id: int) -> Setting:
    """What one agent chose."""
    row = db.session.get(NoticeSetting, agent_id, populate_existing=True)
    return Setting() if row is None else _setting(row)


def choose(agent: Agent, setting: Setting, at: datetime) -> None:
    """Keep what an agent chose; raises Invalid. What waits for a mail already keeps its time."""
    if setting.rhythm not in when.RHYTHMS or not 0 <= setting.morning < when.DAY:
        raise Invalid("There is no such rhythm.", "rhythm")
    if not when.ever_ends(setting.quiet):
        raise Invalid("These quiet hours never end, so that no mail would ever come.", "quiet")
    values = {
        "choices": {
            name: sorted(set(chosen) & set(WAYS)) for name, chosen in setting.choices.items() if name in BY_NAME
        },
        "rhythm": setting.rhythm,
        "morning": setting.morning,
        "quiet": [list(hours) if hours is not None else None for hours in setting.quiet],
        "changed_at": at,
    }
    kept = insert(NoticeSetting).values(agent_id=agent.id, **values)
    db.session.execute(kept.on_conflict_do_update(index_elements=[NoticeSetting.agent_id], set_=values))


def reset(agent: Agent) -> None:
    """As for whoever never chose."""
    db.session.execute(delete(NoticeSetting).where(NoticeSetting.agent_id == agent.id))


def _setting(row: Any) -> Setting:
    return Setting() if row.rhythm is None else Setting(row.choices, row.rhythm, row.morning, row.quiet)
