"""Whether promises are kept: plain rules over what was said to the customer and the clock that it was read from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from ticketdesk.calendars import hours as business
from ticketdesk.calendars.rules import History
from ticketdesk.calendars.spans import NeverOpens
from ticketdesk.sla.likely import Likely
from ticketdesk.sla.policies import Policy

OPEN = ("made", "moved")
ASIDE = frozenset({"spam", "trash", "merged"})
"""Why a ticket's clocks may stand aside without being over."""
SHORTEST_LEAD, LONGEST_LEAD = 600, 3600
LEAST_MORE = 900
STEP = timedelta(minutes=5)
"""Times that are told are full five minutes."""


class Clock(Protocol):
    """What must be known of the clock on which a promise hangs."""

    @property
    def metric(self) -> str: ...
    @property
    def cycle(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def breached_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...
    @property
    def ended_reason(self) -> str | None: ...


class Counting(Protocol):
    """What a clock counts: a replayed timer has it."""

    @property
    def policy(self) -> Policy: ...
    @property
    def hours(self) -> History: ...
    @property
    def target_s(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """The same of a stored clock."""

    policy: Policy
    hours: History
    target_s: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that becomes of a promise: an event to be recorded."""

    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """A promise as it stands; the columns of `sla_promises` repeat it."""

    metric: str
    cycle: int
    made_at: datetime
    said_in: str
    first_for: datetime
    promised_for: datetime
    state: str = "made"
    moved_at: datetime | None = None
    told_at: datetime | None = None
    decided_at: datetime | None = None
    ended_reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be kept or broken."""
        return self.state in OPEN


def turns(promise: Standing, clock: Clock | None, now: datetime, why: str = "") -> list[Turn]:
    """All that has become of a promise by now, in order; nothing more comes of asking again at the same moment.

    A promise hangs on its clock: where the due time moves, it moves along, but never into the past, and never once the
    customer was told another time. Broken is final; kept is not while the answer can come back undelivered.
    """
    found: list[Turn] = []
    while (turn := _next(promise, clock, now, why)) is not None:
        found.append(turn)
        promise = after(promise, turn)
    return found


def after(promise: Standing, turn: Turn) -> Standing:
    """The promise after one turn."""
    data = turn.data
    if turn.kind == "promise_moved":
        told = turn.at if data["told"] else promise.told_at
        to = datetime.fromisoformat(data["to"])
        return replace(promise, state="moved", promised_for=to, moved_at=turn.at, told_at=told)
    if turn.kind == "promise_reopened":
        state = "made" if promise.moved_at is None else "moved"
        return replace(promise, state=state, decided_at=None, ended_reason=None)
    if turn.kind == "promise_ended":
        return replace(promise, state="ended", decided_at=turn.at, ended_reason=data["why"])
    state = {"promise_kept": "kept", "promise_broken": "broken"}[turn.kind]
    return replace(promise, state=state, decided_at=turn.at, ended_reason=None)


def replayed(log: Iterable[Turn]) -> dict[tuple[str, int], Standing]:
    """The promises of one ticket by metric and cycle, from its events alone, in the order of their seq."""
    found: dict[tuple[str, int], Standing] = {}
    for turn in log:
        key = (turn.data["metric"], turn.data["cycle"])
        if turn.kind == "promise_made":
            said = datetime.fromisoformat(turn.data["for"])
            found[key] = Standing(*key, turn.at, turn.data["in"], said, said)
        else:
            found[key] = after(found[key], turn)
    return found


def moved(promise: Standing, to: datetime, at: datetime, why: str, *, told: bool) -> Turn:
    """It holds for another time now; `told`: because the customer was told so."""
    times = {"from": promise.promised_for.isoformat(), "to": to.isoformat()}
    return _turn(promise, "promise_moved", at, **times, why=why, told=told)


def tell_at(promise: Standing, clock: Counting | None) -> datetime | None:
    """When the customer is told that it will take longer, unless they are answered; None when they are not to be.

    So long before the promise passes as a tenth of the target, in business time, but at least ten minutes and at most
    an hour; of a very short promise half.
    """
    if clock is None or not clock.policy.tells_ahead or not promise.is_open or promise.told_at is not None:
        return None
    whole = business.business_seconds(clock.hours, promise.made_at, promise.promised_for)
    lead = min(max(clock.target_s // 10, SHORTEST_LEAD), LONGEST_LEAD, whole // 2)
    try:
        return business.add_business(clock.hours, promise.made_at, whole - lead)
    except NeverOpens:
        return None


def later(promised_for: datetime, target_s: int, likely: Likely | None, opening: History) -> datetime | None:
    """The time to expect an answer by instead: as much later as answers usually take, else half the target.

    At least a quarter of an hour of business, at most the target once more; None when these hours never come to that.
    """
    usual = likely.p80_s if likely is not None and likely.is_enough else target_s // 2
    more = max(LEAST_MORE, min(usual, target_s))
    try:
        at = business.add_business(opening, promised_for, more)
    except NeverOpens:
        return None
    return at + (-at.timestamp() % STEP.total_seconds()) * timedelta(seconds=1)


def _next(promise: Standing, clock: Clock | None, now: datetime, why: str) -> Turn | None:
    if promise.state == "broken":
        return None
    ended = _ended(clock)
    if not promise.is_open:
        return None if _holds(promise, clock, ended) else _turn(promise, "promise_reopened", now)
    if clock is None or (ended is not None and clock.stopped_at is None):
        return _turn(promise, "promise_ended", now, why=ended)
    if clock.stopped_at is not None:
        return _stopped(promise, clock.stopped_at, ended)
    due = clock.due_at if clock.breached_at is None and promise.told_at is None else None
    if due is not None and due != promise.promised_for and due > now:
        return moved(promise, due, now, why, told=False)
    return _turn(promise, "promise_broken", promise.promised_for) if promise.promised_for < now else None


def _stopped(promise: Standing, at: datetime, ended: str | None) -> Turn:
    if at > promise.promised_for:
        return _turn(promise, "promise_broken", promise.promised_for)
    if ended is not None:
        return _turn(promise, "promise_ended", at, why=ended)
    return _turn(promise, "promise_kept", at, early_s=int((promise.promised_for - at).total_seconds()))


def _ended(clock: Clock | None) -> str | None:
    """Why there is nothing to wait for any more; what was promised and then withdrawn is awaited all the same."""
    if clock is None:
        return "not_promised"
    if clock.stopped_at is not None or clock.ended_reason in ASIDE:
        return clock.ended_reason
    return None


def _holds(promise: Standing, clock: Clock | None, ended: str | None) -> bool:
    """Whether a verdict is still right."""
    if clock is None or ended in ASIDE:
        return True
    if promise.state == "ended":
        return ended is not None
    return ended is None and clock.stopped_at is not None and clock.stopped_at <= promise.promised_for


def _turn(promise: Standing, kind: str, at: datetime, **data: Any) -> Turn:
    return Turn(kind, at, {"metric": promise.metric, "cycle": promise.cycle, **data})
