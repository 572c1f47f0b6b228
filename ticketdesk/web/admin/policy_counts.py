"""How many tickets a policy has in hand just now."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select

from ticketdesk.core.db import db
from ticketdesk.sla.policy import SlaPolicyVersion
from ticketdesk.sla.timer import SlaTimer

MOST_TIMERS = 20_000
"""Clocks looked at; a larger desk is told "at least", so that the page costs the same however many there are."""


@dataclass(frozen=True, slots=True)
class Governed:
    """Tickets with a clock that runs or rests, by policy and by version."""

    by_policy: dict[int, int]
    by_version: dict[int, int]
    is_capped: bool


def governed() -> Governed:
    """Count them, as far as `MOST_TIMERS` clocks reach."""
    looked_at = (
        select(SlaTimer.policy_version_id, SlaTimer.ticket_id)
        .where(SlaTimer.state.in_(("running", "paused")))
        .limit(MOST_TIMERS)
        .subquery()
    )
    rows = db.session.execute(
        select(
            SlaPolicyVersion.policy_id,
            SlaPolicyVersion.id,
            func.count(looked_at.c.ticket_id.distinct()),
            func.count(),
        )
        .join(looked_at, looked_at.c.policy_version_id == SlaPolicyVersion.id)
        .group_by(SlaPolicyVersion.policy_id, SlaPolicyVersion.id)
    ).all()
    by_policy: dict[int, int] = defaultdict(int)
    for policy_id, _version_id, tickets, _timers in rows:
        by_policy[policy_id] += tickets
    return Governed(
        dict(by_policy),
        {version_id: tickets for _policy_id, version_id, tickets, _timers in rows},
        sum(timers for *_rest, timers in rows) >= MOST_TIMERS,
    )
