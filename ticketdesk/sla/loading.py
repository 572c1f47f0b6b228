"""What the clocks are reckoned from, read as plain values: events, policies and calendars."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, select

from ticketdesk.core.db import db
from ticketdesk.sla.explain import KINDS, Happening
from ticketdesk.sla.policies import Policy
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets.timeline import Event


def happenings(ticket_ids: Sequence[int]) -> dict[int, list[Happening]]:
    """The events that can move a clock, by ticket, in their order."""
    found: dict[int, list[Happening]] = defaultdict(list)
    rows = db.session.execute(
        select(Event.ticket_id, Event.seq, Event.at, Event.kind, Event.actor_kind, Event.data)
        .where(Event.ticket_id.in_(ticket_ids), Event.kind.in_(KINDS))
        .order_by(Event.ticket_id, Event.seq)
    )
    for ticket_id, seq, at, kind, actor_kind, data in rows:
        found[ticket_id].append(Happening(seq, at, kind, actor_kind, data))
    return found


def policies_in_force() -> list[Policy]:
    """The newest version of every policy in use, in the order in which they are tried."""
    newest = (
        select(SlaPolicyVersion.id)
        .where(SlaPolicyVersion.policy_id == SlaPolicy.id)
        .order_by(SlaPolicyVersion.number.desc())
        .limit(1)
        .correlate(SlaPolicy)
        .scalar_subquery()
    )
    return _read(
        _SELECT.where(SlaPolicy.enabled, SlaPolicyVersion.id == newest).order_by(SlaPolicy.position, SlaPolicy.id)
    )


def policies(version_ids: Iterable[int]) -> dict[int, Policy]:
    """These versions by their id."""
    wanted = set(version_ids)
    if not wanted:
        return {}
    return {policy.version_id: policy for policy in _read(_SELECT.where(SlaPolicyVersion.id.in_(wanted)))}


_SELECT = select(
    SlaPolicyVersion.id,
    SlaPolicy.name,
    SlaPolicyVersion.number,
    SlaPolicyVersion.conditions,
    SlaPolicyVersion.targets,
    SlaPolicyVersion.pause_categories,
    SlaPolicyVersion.calendar_id,
    SlaPolicyVersion.warn_percent,
).join(SlaPolicy, SlaPolicy.id == SlaPolicyVersion.policy_id)


def _read(statement: Select[Any]) -> list[Policy]:
    return [
        Policy(
            version_id,
            name,
            number,
            {field: frozenset(allowed) for field, allowed in conditions.items()},
            targets,
            frozenset(pause_categories),
            calendar_id,
            warn_percent,
        )
        for (
            version_id,
            name,
            number,
            conditions,
            targets,
            pause_categories,
            calendar_id,
            warn_percent,
        ) in db.session.execute(statement)
    ]
