"""Keeping the clocks: every event that can move one has its ticket's timers reckoned anew, in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select

from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.rules import History
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.kept import kept
from ticketdesk.sla import loading, projection, promising, steps
from ticketdesk.sla.explain import KINDS as MOVING
from ticketdesk.sla.explain import Happening, Timer, replay
from ticketdesk.sla.policies import Fact, Policy, first_match
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import timeline
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event, News

KINDS = MOVING - {"sla_applied", "sla_breached", "escalated"}
"""The events that `follow` must be told of; the others are its own."""

_CHOOSING = frozenset({"ticket_opened", "priority_changed", "queue_changed"})
_WRITING = frozenset({"message_received", "message_accepted"})


def follow(event: Event) -> None:
    """Listener of now: choose the policy where the event asks for it, and bring the timers up to date."""
    if event.kind not in MOVING:
        return
    _hear(event)
    if event.kind not in KINDS or _moves_nothing(event):
        return
    ticket = db.session.get_one(Ticket, event.ticket_id)
    rows = _rows(ticket.id)
    if event.kind in _WRITING and _answer_is_awaited(rows):
        return
    told = _told(ticket.id)
    known = _choose(ticket, event, told) if event.kind in _CHOOSING else []
    with db.session.no_autoflush:  # what is being changed are tickets
        found = terms([told], known)
    keep(ticket, reckon(told, found, event.at), rows, event.at)


# What this transaction knows of its locked tickets: only `follow` adds to their events, only `keep_all` writes rows.


def _hear(event: Event) -> None:
    told: dict[int, list[Happening]] = kept("happenings")
    if event.seq == 1:
        told[event.ticket_id] = []
        kept("timers")[event.ticket_id] = []
        kept("promises")[event.ticket_id] = []
    known = told.get(event.ticket_id)
    if known is not None and (not known or known[-1].seq < event.seq):
        known.append(loading.happening(event))


def _told(ticket_id: int) -> list[Happening]:
    told: dict[int, list[Happening]] = kept("happenings")
    if ticket_id not in told:
        with db.session.no_autoflush:  # events are written at once; what is being changed is written once, at the end
            told[ticket_id] = loading.happenings([ticket_id])[ticket_id]
    return told[ticket_id]


def _rows(ticket_id: int) -> list[SlaTimer]:
    rows: dict[int, list[SlaTimer]] = kept("timers")
    if ticket_id not in rows:
        with db.session.no_autoflush:  # whoever writes timers in this transaction keeps them here
            found = db.session.execute(_ROWS_OF_ONE, {"ticket_id": ticket_id}).all()
        rows[ticket_id] = [row.SlaTimer for row in found]
        promises = [row.SlaPromise for row in found if row.SlaPromise is not None]
        if all(row.promises == len(promises) for row in found):  # each has its clock
            kept("promises").setdefault(ticket_id, sorted(promises, key=lambda promise: promise.id))
    return rows[ticket_id]


def refresh(ticket: Ticket, now: datetime) -> None:
    """Reckon the timers of a locked ticket anew and record what was missed."""
    told = loading.happenings([ticket.id])[ticket.id]
    keep(ticket, reckon(told, terms([told]), now), rows_of([ticket.id])[ticket.id], now)


@dataclass(frozen=True, slots=True)
class Terms:
    """The policies that were applied, and the hours they count in."""

    policies: Mapping[int, Policy]
    histories: Mapping[int, History]


def terms(stories: Iterable[Sequence[Happening]], known: Sequence[Policy] = ()) -> Terms:
    """All that is needed to reckon the timers of these tickets; `known` policies need not be read again."""
    applied: set[int] = {
        happening.data["policy_version_id"]
        for happenings in stories
        for happening in happenings
        if happening.kind == "sla_applied" and happening.data.get("policy_version_id") is not None
    }
    policies = {policy.version_id: policy for policy in known if policy.version_id in applied}
    if missing := applied - set(policies):
        policies |= loading.policies_with_hours(missing)
    return Terms(policies, calendars.histories(policy.calendar_id for policy in policies.values()))


def reckon(happenings: Sequence[Happening], terms: Terms, now: datetime) -> list[Timer]:
    """The timers that a ticket's events tell of at `now`, or at the last of them when that is later."""
    if not terms.policies or not happenings:
        return []
    until = max(now, *(happening.at for happening in happenings))
    found = replay(happenings, terms.policies, terms.histories, until)
    if not (taken := steps.taken(happenings)):
        return found
    return [replace(timer, taken=taken.get((timer.metric, timer.cycle), frozenset())) for timer in found]


def keep(ticket: Ticket, timers: Sequence[Timer], rows: Sequence[SlaTimer], now: datetime) -> None:
    """Write the timers of a locked ticket and record each one missed, at the moment at which it was missed."""
    keep_all([(ticket, timers, rows)], now)


def keep_all(reckoned: Sequence[tuple[Ticket, Sequence[Timer], Sequence[SlaTimer]]], now: datetime) -> None:
    """The same for many locked tickets at once."""
    missed = []
    for ticket, timers, rows in reckoned:
        kept("timers")[ticket.id], late = projection.write(ticket, timers, rows)
        missed += [(ticket, row) for row in late]
    if any(row.id is None for _, row in missed):
        db.session.flush()
    news = [_missed(ticket, row, row.breached_at, now) for ticket, row in missed if row.breached_at is not None]
    if news:
        timeline.record_all(sorted(news, key=lambda new: (new.at, new.data["timer_id"])))
    if asked := [(ticket, timers) for ticket, timers, rows in reckoned if rows]:
        promising.follow(asked, now)


def _missed(ticket: Ticket, row: SlaTimer, at: datetime, now: datetime) -> News:
    data = {
        "metric": row.metric,
        "timer_id": row.id,
        "late_s": int(max(timedelta(0), now - at).total_seconds()),
        "at_change": row.late_at_change,
    }
    return News(ticket, "sla_breached", SYSTEM, at, data)


def rows_of(ticket_ids: Sequence[int]) -> dict[int, list[SlaTimer]]:
    """The stored timers of these tickets, by ticket."""
    found: dict[int, list[SlaTimer]] = defaultdict(list)
    for row in db.session.scalars(_ROWS, {"ids": list(ticket_ids)}):
        found[row.ticket_id].append(row)
    return found


# Built once: it is asked at every event of a clock, and building costs more than asking.
_ROWS = (
    select(SlaTimer)
    .where(SlaTimer.ticket_id.in_(bindparam("ids", expanding=True)))
    .order_by(SlaTimer.ticket_id, SlaTimer.id)
)

# With what was promised, which is judged by the same clocks.
_PROMISES = select(func.count()).where(SlaPromise.ticket_id == bindparam("ticket_id")).scalar_subquery()
_ROWS_OF_ONE = (
    select(SlaTimer, SlaPromise, _PROMISES.label("promises"))
    .outerjoin(
        SlaPromise,
        and_(
            SlaPromise.ticket_id == SlaTimer.ticket_id,
            SlaPromise.metric == SlaTimer.metric,
            SlaPromise.cycle == SlaTimer.cycle,
        ),
    )
    .where(SlaTimer.ticket_id == bindparam("ticket_id"))
    .order_by(SlaTimer.id)
)


def _choose(ticket: Ticket, event: Event, told: Sequence[Happening]) -> list[Policy]:
    """Apply the first policy in force that fits, and tell so when it is another than before; returns all in force."""
    facts: dict[str, Fact] = {
        "queue_id": ticket.queue_id,
        "brand_id": ticket.brand_id,
        "priority": ticket.priority,
        "channel": ticket.channel,
    }
    in_force = loading.policies_in_force()
    chosen = first_match(in_force, facts)
    version_id = None if chosen is None else chosen.version_id
    applied = next(
        (one.data["policy_version_id"] for one in reversed(told) if one.kind == "sla_applied"),
        None,
    )
    if version_id != applied:
        data = {"policy_version_id": version_id}
        timeline.record(ticket, "sla_applied", SYSTEM, event.at, data)  # `follow` hears of it as well
    return in_force


def _moves_nothing(event: Event) -> bool:
    """Whether the event can be seen to leave every clock alone without looking at the ticket."""
    if event.kind in _WRITING:
        return bool(event.data.get("held") or event.data.get("inert"))
    if event.kind == "reply_sent":
        return bool(event.data.get("automatic")) or event.actor_kind != "agent"
    if event.kind == "reply_failed":
        return not event.data.get("permanent")
    return False


def _answer_is_awaited(rows: Sequence[SlaTimer]) -> bool:
    """Whether an answer is owed already and nothing pauses, so that one more message changes nothing."""
    live = [row for row in rows if row.stopped_at is None and row.state != "ended"]
    return all(row.resumed_at is not None for row in live) and any(row.metric != "resolution" for row in live)
