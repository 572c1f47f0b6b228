"""What the clocks are reckoned from, read as plain values: events, policies and calendars."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.core.db import db
from ticketdesk.core.kept import kept
from ticketdesk.sla.explain import KINDS, Happening
from ticketdesk.sla.policies import Policy
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets.timeline import Event


def happenings(ticket_ids: Sequence[int]) -> dict[int, list[Happening]]:
    """The events that can move a clock, by ticket, in their order."""
    found: dict[int, list[Happening]] = defaultdict(list)
    for ticket_id, seq, at, kind, actor_kind, data in db.session.execute(_HAPPENINGS, {"ids": list(ticket_ids)}):
        found[ticket_id].append(Happening(seq, at, kind, actor_kind, data))
    return found


def happening(event: Event) -> Happening:
    """One event as the replay reads it."""
    return Happening(event.seq, event.at, event.kind, event.actor_kind, event.data)


def policies_in_force() -> list[Policy]:
    """The newest version of every policy in use, in the order in which they are tried."""
    with db.session.no_autoflush:  # what is being changed are tickets
        return [_policy(row) for row in db.session.execute(_IN_FORCE)]


def policies(version_ids: Iterable[int]) -> dict[int, Policy]:
    """These versions by their id; a version never changes."""
    wanted, known = set(version_ids), kept("policies")
    if missing := sorted(wanted - set(known)):
        known.update({row.id: _policy(row) for row in db.session.execute(_VERSIONS, {"ids": missing})})
    return {version_id: known[version_id] for version_id in wanted if version_id in known}


def policies_with_hours(version_ids: Iterable[int]) -> dict[int, Policy]:
    """The same, and in the same question the hours they count in, which `calendars.histories` then knows."""
    wanted, known = set(version_ids), kept("policies")
    if missing := sorted(wanted - set(known)):
        rows = db.session.execute(_WITH_HOURS, {"ids": missing}).all()
        known.update({row.id: _policy(row) for row in rows})
        calendars.take(rows)
    return {version_id: known[version_id] for version_id in wanted if version_id in known}


# Built once: they are asked at every event of a clock, and building costs more than asking.
_HAPPENINGS = (
    select(Event.ticket_id, Event.seq, Event.at, Event.kind, Event.actor_kind, Event.data)
    .where(Event.ticket_id.in_(bindparam("ids", expanding=True)), Event.kind.in_(KINDS))
    .order_by(Event.ticket_id, Event.seq)
)
_SELECT = select(
    SlaPolicyVersion.id,
    SlaPolicy.name,
    SlaPolicyVersion.number,
    SlaPolicyVersion.conditions,
    SlaPolicyVersion.targets,
    SlaPolicyVersion.pause_categories,
    SlaPolicyVersion.calendar_id,
    SlaPolicyVersion.warn_percent,
    SlaPolicyVersion.chat_targets,
    SlaPolicyVersion.steps,
    SlaPolicyVersion.tells_ahead,
).join(SlaPolicy, SlaPolicy.id == SlaPolicyVersion.policy_id)
_NEWEST = (
    select(SlaPolicyVersion.id)
    .where(SlaPolicyVersion.policy_id == SlaPolicy.id)
    .order_by(SlaPolicyVersion.number.desc())
    .limit(1)
    .correlate(SlaPolicy)
    .scalar_subquery()
)
_IN_FORCE = _SELECT.where(SlaPolicy.enabled, SlaPolicyVersion.id == _NEWEST).order_by(SlaPolicy.position, SlaPolicy.id)
_VERSIONS = _SELECT.where(SlaPolicyVersion.id.in_(bindparam("ids", expanding=True)))
_WITH_HOURS = (
    _VERSIONS.add_columns(*calendars.COLUMNS)
    .outerjoin(CalendarVersion, CalendarVersion.calendar_id == SlaPolicyVersion.calendar_id)
    .order_by(SlaPolicyVersion.id, *calendars.IN_ORDER)
)


def _policy(row: Row[Any]) -> Policy:
    return Policy(
        row.id,
        row.name,
        row.number,
        {field: frozenset(allowed) for field, allowed in row.conditions.items()},
        row.targets,
        frozenset(row.pause_categories),
        row.calendar_id,
        row.warn_percent,
        row.chat_targets,
        tuple(row.steps),
        row.tells_ahead,
    )
