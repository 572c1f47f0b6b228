"""Who would get the next ticket of a queue now, and who serves it when: worked out from a draft, and kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts import capacities
from ticketdesk.accounts.availability import FRESH
from ticketdesk.accounts.team import Team
from ticketdesk.calendars import loading
from ticketdesk.calendars.hours import is_open, open_spans
from ticketdesk.core.db import db
from ticketdesk.routing import deciding, eligibility, facts, strategies, waiting
from ticketdesk.routing.dispatch import SKIPPED_FOR, knowing, wish_of
from ticketdesk.routing.eligibility import Rules, Serving, Wish
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import candidates, formatting
from ticketdesk.web.admin import day_ahead
from ticketdesk.web.admin.day_ahead import DAY, Day
from ticketdesk.web.candidates import Line

MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would do at this moment."""

    ticket: Ticket | None  # the first that waits; None: a mail that comes now
    chosen_id: int | None
    chosen: str | None
    reason: str
    is_manual: bool
    lines: list[Line]
    more: int
    day: Day


def of(queue: Queue, strategy: str, room: Room, now: datetime) -> Preview:
    """The preview of one queue under a strategy and a room that need not be saved."""
    rules = _rules(queue, strategy, room, now)
    ticket = db.session.scalars(
        select(Ticket)
        .where(waiting.waits(), Ticket.queue_id == queue.id)
        .order_by(Ticket.due_order, Ticket.id)
        .limit(1)
    ).one_or_none()
    wish = Wish("email", frozenset(), timedelta(0))
    if ticket is not None:
        skipped = deciding.skipped_since([ticket.id], now - SKIPPED_FOR)
        wish = wish_of(ticket, now, skipped.get(ticket.id, frozenset()))
    workers = facts.workers_of({one.team_id for one in rules.teams})
    weights = capacities.weights()
    ranked = strategies.rank(
        strategy, [eligibility.candidate(one, rules, wish, now - FRESH, weights) for one in workers.values()]
    )
    knows = knowing([ticket]).get(ticket.id) if ticket is not None and room.sticky else None
    chosen, reason = strategies.choose(strategy, ranked, knows)
    names = candidates.called()
    chosen_id = chosen.agent_id if chosen is not None else None
    considered = [deciding.considered(one) for one in ranked]
    return Preview(
        ticket=ticket,
        chosen_id=chosen_id,
        chosen=names.agent(chosen_id) if chosen_id is not None else None,
        reason=candidates.reason(reason),
        is_manual=strategy == "manual",
        lines=candidates.lines(considered[:MOST_LINES], strategy, chosen_id, names, now),
        more=max(0, len(considered) - MOST_LINES),
        day=_day(room.teams or [queue.team_id], now),
    )


def _rules(queue: Queue, strategy: str, room: Room, now: datetime) -> Rules:
    """The rules as the draft would have them. Teams that it names could answer once it is saved."""
    saved = facts.rules_of([queue.id], now)[queue.id]
    return replace(
        saved,
        strategy=strategy,
        teams=tuple(_serving(room.teams or [queue.team_id], now)),
        sticky=room.sticky,
        required=frozenset(room.required),
        gives_way={skill: step for step, skill in enumerate(room.gives_way, start=1)},
        relax_after=room.relax_after_minutes,
        next_team_after=room.next_team_after_minutes,
    )


def _calendars(team_ids: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    rows = db.session.execute(select(Team.id, Team.name, Team.calendar_id).where(Team.id.in_(team_ids)))
    return {row.id: (row.name, row.calendar_id) for row in rows}


def _serving(team_ids: Sequence[int], now: datetime) -> list[Serving]:
    teams = _calendars(team_ids)
    hours = loading.histories({calendar for _name, calendar in teams.values() if calendar is not None})
    found = []
    for team_id in team_ids:
        calendar = teams[team_id][1]
        works = calendar is None or calendar not in hours or is_open(hours[calendar], now)
        found.append(Serving(team_id, works))
    return found


def _day(team_ids: Sequence[int], now: datetime) -> Day:
    teams = _calendars(team_ids)
    hours = loading.histories({calendar for _name, calendar in teams.values() if calendar is not None})
    drawn = []
    for team_id in team_ids:
        name, calendar = teams[team_id]
        always = calendar is None or calendar not in hours
        drawn.append((name, [(now, now + DAY)] if always else open_spans(hours[calendar or 0], now, now + DAY)))
    return day_ahead.draw(drawn, now, formatting.local)
