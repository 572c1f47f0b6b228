"""What a report was asked for: the words of its address, understood or left at what is usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from flask import request, url_for
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.reports import periods
from ticketdesk.reports.measuring import METRICS, Clock, Figures, Scope
from ticketdesk.reports.periods import Period
from ticketdesk.reports.satisfaction import Mood
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.web import labels
from ticketdesk.web.supervisor import door
from ticketdesk.web.texts import _

LATEST = (7, 30, 90)
Counted = TypeVar("Counted", Figures, Mood)
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Asked:
    """A report's scope with the names that its page shows."""

    scope: Scope
    metric: str
    days: int | None  # None: from and to were chosen
    queues: list[Queue]

    def words(self, **other: Any) -> dict[str, Any]:
        """The words of an address that asks for the same, but for what is given."""
        period = self.scope.period
        span = {"days": self.days} if self.days else {"from": period.first.isoformat(), "to": period.last.isoformat()}
        same = {"metric": self.metric, "clock": self.scope.clock, "queue": self.scope.queue_id, **span}
        if "days" in other:
            same = {name: value for name, value in same.items() if name not in ("from", "to")}
        return {name: value for name, value in (same | other).items() if value not in (None, "")}

    def to(self, endpoint: str, **other: Any) -> str:
        """Such an address."""
        return url_for(endpoint, **self.words(**other))


def read() -> Asked:
    """From the address of this request; whatever makes no sense is left at what is usual."""
    agent = door.me()
    queues = list(db.session.scalars(visibility.visible_queues(agent)))
    chosen = number("queue")
    days, period = _period(agent)
    clock: Clock = "wall" if request.args.get("clock") == "wall" else "business"
    metric = request.args.get("metric", "")
    return Asked(
        Scope(agent, period, clock, chosen if chosen in {queue.id for queue in queues} else None),
        metric if metric in METRICS else METRICS[0],
        days,
        queues,
    )


def day_of(name: str) -> date | None:
    """A day named in the address."""
    try:
        return date.fromisoformat(request.args.get(name, "")[:10])
    except ValueError:
        return None


def before() -> tuple[datetime, int] | None:
    """The row after which a list goes on, by its moment and id; raises Invalid for what is no such place."""
    written = request.args.get("before", "")
    if not written:
        return None
    at, _comma, row_id = written.partition(",")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid(_("This is not a place in the list.")) from None
    if moment.tzinfo is None or not _is_number(row_id):
        raise Invalid(_("This is not a place in the list."))
    return moment, int(row_id)


def named(found: Mapping[Any, Counted], dimension: str, queues: list[Queue]) -> list[tuple[Any, str, Counted]]:
    """Figures with what they are called on a page, those that rest on most first."""
    names = _names_of(dimension, list(found), queues)
    words: dict[Any, str] = {**labels.channels(), **labels.priorities(), None: _("Nobody")}
    rows = [(key, str(names.get(key) or words.get(key, key)), figures) for key, figures in found.items()]
    return sorted(rows, key=lambda row: (-row[2].answered, row[1]))


def _names_of(dimension: str, keys: list[Any], queues: list[Queue]) -> dict[Any, str]:
    """What ids are called on a page."""
    if dimension == "queue":
        known = {queue.id: queue.name for queue in queues}
        missing = [key for key in keys if key not in known and key is not None]
        if missing:
            known |= {row[0]: row[1] for row in db.session.execute(_queues(missing))}
        return known
    if dimension == "assignee":
        rows = db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_([key for key in keys if key])))
        return {row[0]: row[1] for row in rows}
    return {}


def _queues(ids: list[int]) -> Any:
    return select(Queue.id, Queue.name).where(Queue.id.in_(ids))


def _period(agent: Agent) -> tuple[int | None, Period]:
    first, last = day_of("from"), day_of("to")
    try:
        if first is not None and last is not None and first.year > 1970 and last.year < 2200:
            period = periods.between(first, last, agent.timezone)
            return None, period
    except OverflowError:
        pass
    days = number("days")
    chosen = days if days in LATEST else periods.USUAL
    return chosen, periods.latest(chosen, agent.timezone, door.now())


def number(name: str) -> int | None:
    """A number named in the address."""
    written = request.args.get(name, "")
    return int(written) if _is_number(written) else None


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS
