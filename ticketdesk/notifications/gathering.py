"""Notices that waited are put together: one mail for each agent with everything that is due by now."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.preferences import LATELY
from ticketdesk.notifications.rules import MAIL_TASK

TASK = "mail.notices"
MOST_AGENTS = 200
"""Agents of one round; the others are gathered in the next."""


def gather(now: datetime) -> int:
    """The periodic job: an outbox row for each agent for whom notices are due; returns how many.

    Which notices a mail tells of is settled here, with the row and in one transaction, so that a mail that is tried
    again says the same, none is told by two, and none is left out. What was read meanwhile needs no mail any more.
    What is due in a moment comes along.
    """
    due = select(Notification.agent_id).where(Notification.mail_due_at <= now).distinct().limit(MOST_AGENTS)
    rows = db.session.scalars(
        select(Notification)
        .where(Notification.agent_id.in_(due), Notification.mail_due_at <= now + LATELY)
        .order_by(Notification.agent_id, Notification.id)
        .with_for_update(skip_locked=True),
        execution_options={"populate_existing": True},
    ).all()
    waiting = {
        agent_id: [one for one in notices if one.read_at is None]
        for agent_id, notices in groupby(rows, attrgetter("agent_id"))
    }
    found = db.session.execute(select(Agent.id, Agent.email).where(Agent.id.in_(waiting)))
    addresses = {row.id: row.email for row in found}
    for one in rows:
        one.mail_due_at = None
    mails = {
        agent_id: _asked(agent_id, addresses[agent_id], notices, now)
        for agent_id, notices in waiting.items()
        if notices
    }
    db.session.flush()
    for agent_id, mail in mails.items():
        for one in waiting[agent_id]:
            one.mail_id, one.mailed_at = mail.id, now
    return len(mails)


def _asked(agent_id: int, address: str, notices: Sequence[Notification], now: datetime) -> outbox.OutboxRow:
    """A mail about one notice is the ordinary one, which can be answered."""
    of_one = len(notices) == 1
    return outbox.add(
        MAIL_TASK if of_one else TASK,
        {"notification_id": notices[0].id} if of_one else {"agent_id": agent_id},
        due_at=now,
        lane="mail",
        recipient=address,
        channel="email",
        purpose="notice",
        once=f"notice:{notices[0].id}",
    )
