"""What becomes of a promise: the rules alone, over plain values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ticketdesk.calendars import hours
from ticketdesk.calendars.rules import History, Hours, Week
from ticketdesk.sla.judging import Counted, Standing, Turn, after, later, moved, replayed, tell_at, turns
from ticketdesk.sla.likely import Likely, Usually, rounded_up, usually
from ticketdesk.sla.policies import Policy

MADE = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # a Wednesday
DUE = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OFFICE = hours.always(Hours("UTC", Week((((540, 1020),),) * 5 + ((), ()))))
ALWAYS = hours.always(Hours("UTC", Week((((0, 1440),),) * 7)))
NEVER = hours.always(Hours("UTC", Week(((),) * 7)))
TELLS = Policy(1, "Standard", 1, {}, {}, frozenset(), 1, 25, tells_ahead=True)
QUIET = Policy(2, "Quiet", 1, {}, {}, frozenset(), 1, 25)


@dataclass(frozen=True)
class Clock:
    metric: str = "first_response"
    cycle: int = 1
    state: str = "running"
    due_at: datetime | None = DUE
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    ended_reason: str | None = None


def promise(**more: object) -> Standing:
    return Standing("first_response", 1, MADE, "form", DUE, DUE, **more)  # type: ignore[arg-type]


def kinds(found: list[Turn]) -> list[str]:
    return [turn.kind.removeprefix("promise_") for turn in found]


@pytest.mark.parametrize(
    ("clock", "now", "expected"),
    [
        (Clock(), DUE - MINUTE, []),
        (Clock(), DUE, []),
        (Clock(), DUE + timedelta(seconds=1), ["broken"]),
        (Clock(state="met", stopped_at=DUE - HOUR), DUE - HOUR, ["kept"]),
        (Clock(state="met", stopped_at=DUE), DUE, ["kept"]),
        (Clock(state="breached", breached_at=DUE, stopped_at=DUE + HOUR), DUE + HOUR, ["broken"]),
        (Clock(state="met", stopped_at=DUE - HOUR), DUE + HOUR, ["kept"]),  # heard of late, it came in time
        (Clock(state="ended", stopped_at=DUE - HOUR, ended_reason="solved"), DUE, ["ended"]),
        (Clock(state="ended", stopped_at=DUE - HOUR, ended_reason="no_reply_needed"), DUE, ["ended"]),
        (Clock(state="breached", stopped_at=DUE + HOUR, ended_reason="solved"), DUE + HOUR, ["broken"]),
        (Clock(state="ended", due_at=None, ended_reason="merged"), MADE, ["ended"]),
        (Clock(state="ended", due_at=None, ended_reason="spam"), MADE, ["ended"]),
        (Clock(state="ended", due_at=None, ended_reason="not_promised"), DUE - MINUTE, []),
        (Clock(state="ended", due_at=None, ended_reason="not_promised"), DUE + MINUTE, ["broken"]),
        (Clock(due_at=DUE + HOUR), MADE, ["moved"]),
        (Clock(due_at=DUE - HOUR), MADE, ["moved"]),
        (Clock(due_at=MADE - HOUR), MADE, []),  # never into the past
        (Clock(state="breached", due_at=MADE, breached_at=MADE), MADE + HOUR, []),  # late by a change of ours
        (Clock(due_at=DUE + HOUR), DUE + 2 * HOUR, ["broken"]),
        (None, MADE, ["ended"]),
    ],
)
def test_what_becomes_of_a_promise(clock: Clock | None, now: datetime, expected: list[str]) -> None:
    found = turns(promise(), clock, now)
    assert kinds(found) == expected
    standing = promise()
    for turn in found:
        standing = after(standing, turn)
    assert turns(standing, clock, now) == [], "asked again nothing more becomes of it"


def test_a_broken_promise_is_broken_at_its_time_however_late_anyone_looks() -> None:
    (turn,) = turns(promise(), Clock(), DUE + 9 * HOUR)
    assert turn.at == DUE


def test_a_kept_promise_says_how_early_it_was() -> None:
    (turn,) = turns(promise(), Clock(state="met", stopped_at=DUE - 35 * MINUTE), DUE)
    assert (turn.at, turn.data["early_s"]) == (DUE - 35 * MINUTE, 35 * 60)


def test_an_answer_that_came_back_opens_the_promise_again() -> None:
    kept = promise(state="kept", decided_at=MADE + HOUR)
    assert kinds(turns(kept, Clock(), MADE + 2 * HOUR)) == ["reopened"]
    assert kinds(turns(kept, Clock(), DUE + HOUR)) == ["reopened", "broken"]
    other = Clock(state="breached", breached_at=DUE, stopped_at=DUE + HOUR)
    assert kinds(turns(kept, other, DUE + HOUR)) == ["reopened", "broken"], "a later answer stopped the clock after all"


def test_a_merge_that_is_undone_gives_the_promise_back_at_its_new_time() -> None:
    ended = promise(state="ended", decided_at=MADE + HOUR, ended_reason="merged")
    assert kinds(turns(ended, Clock(state="ended", due_at=None, ended_reason="merged"), DUE)) == []
    assert kinds(turns(ended, Clock(due_at=DUE + 2 * HOUR), DUE + HOUR)) == ["reopened", "moved"]


def test_a_verdict_stands_while_its_ticket_is_aside() -> None:
    kept = promise(state="kept", decided_at=MADE + HOUR)
    assert turns(kept, Clock(state="ended", due_at=None, ended_reason="merged"), DUE) == []


def test_broken_is_final() -> None:
    broken = promise(state="broken", decided_at=DUE)
    for clock in (None, Clock(), Clock(due_at=DUE + HOUR), Clock(state="met", stopped_at=MADE)):
        assert turns(broken, clock, DUE + HOUR) == []


def test_once_the_customer_was_told_another_time_the_clock_moves_it_no_more() -> None:
    told = after(promise(), moved(promise(), DUE + 2 * HOUR, DUE - MINUTE, "told", told=True))
    assert (told.state, told.promised_for, told.told_at) == ("moved", DUE + 2 * HOUR, DUE - MINUTE)
    late = Clock(state="breached", breached_at=DUE)
    assert turns(told, late, DUE + HOUR) == []
    assert turns(told, Clock(due_at=DUE + 9 * HOUR), DUE - MINUTE) == []
    assert kinds(turns(told, late, DUE + 3 * HOUR)) == ["broken"]
    answered = Clock(state="breached", breached_at=DUE, stopped_at=DUE + HOUR)
    assert kinds(turns(told, answered, DUE + HOUR)) == ["kept"]


def test_the_events_alone_tell_the_whole_record() -> None:
    made = Turn("promise_made", MADE, {"metric": "first_response", "cycle": 1, "for": DUE.isoformat(), "in": "form"})
    log, standing = [made], promise()
    for clock, now in (
        (Clock(due_at=DUE + HOUR), MADE + HOUR),
        (Clock(state="met", due_at=DUE + HOUR, stopped_at=DUE), DUE),
        (Clock(due_at=DUE + HOUR), DUE + MINUTE),
        (Clock(due_at=DUE + HOUR), DUE + 2 * HOUR),
    ):
        for turn in turns(standing, clock, now, "priority_changed"):
            log.append(turn)
            standing = after(standing, turn)
    assert kinds(log) == ["made", "moved", "kept", "reopened", "broken"]
    assert replayed(log) == {("first_response", 1): standing}


@pytest.mark.parametrize(
    ("target_s", "due", "lead"),
    [
        (4 * 3600, MADE + 4 * HOUR, 24 * MINUTE),  # a tenth
        (1800, MADE + 30 * MINUTE, 10 * MINUTE),  # at least ten minutes
        (24 * 3600, MADE + 24 * HOUR, HOUR),  # at most an hour
        (600, MADE + 10 * MINUTE, 5 * MINUTE),  # of a short one half
    ],
)
def test_how_long_before_the_customer_is_told(target_s: int, due: datetime, lead: timedelta) -> None:
    said = Standing("first_response", 1, MADE, "form", due, due)
    assert tell_at(said, Counted(TELLS, ALWAYS, target_s)) == due - lead


def test_the_time_before_is_business_time() -> None:
    early = datetime(2026, 3, 9, 9, 10, tzinfo=UTC)  # Monday, ten minutes after the doors open
    said = Standing("first_response", 1, datetime(2026, 3, 6, 16, 0, tzinfo=UTC), "form", early, early)
    assert tell_at(said, Counted(TELLS, OFFICE, 4 * 3600)) == datetime(2026, 3, 6, 16, 46, tzinfo=UTC)


def test_nobody_is_told_where_the_policy_keeps_quiet_nor_twice_nor_when_it_is_decided() -> None:
    counted = Counted(TELLS, ALWAYS, 4 * 3600)
    assert tell_at(promise(), None) is None
    assert tell_at(promise(), Counted(QUIET, ALWAYS, 4 * 3600)) is None
    for state in ("kept", "broken", "ended"):
        assert tell_at(promise(state=state), counted) is None
    assert tell_at(promise(state="moved", told_at=MADE), counted) is None
    assert tell_at(promise(state="moved"), counted) is not None


@pytest.mark.parametrize(
    ("likely", "opening", "expected"),
    [
        (Likely(40, 1800, 3600), ALWAYS, DUE + HOUR),
        (Likely(40, 60, 120), ALWAYS, DUE + 15 * MINUTE),  # at least a quarter of an hour
        (Likely(40, 3600, 90_000), ALWAYS, DUE + 4 * HOUR),  # at most the target once more
        (Likely(3, 60, 120), ALWAYS, DUE + 2 * HOUR),  # few say nothing: half the target
        (None, ALWAYS, DUE + 2 * HOUR),
        (Likely(40, 1800, 3660), ALWAYS, DUE + HOUR + 5 * MINUTE),  # full five minutes
        (Likely(40, 3600, 4 * 3600), OFFICE, datetime(2026, 3, 5, 10, 0, tzinfo=UTC)),  # in open hours
        (None, NEVER, None),
    ],
)
def test_the_new_time(likely: Likely | None, opening: History, expected: datetime | None) -> None:
    assert later(DUE, 4 * 3600, likely, opening) == expected


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, 300), (300, 300), (301, 600), (3600, 3600), (3700, 5400), (14_401, 18_000)]
)
def test_spans_are_rounded_up_to_what_one_can_say(seconds: int, said: int) -> None:
    assert rounded_up(seconds) == said


def test_what_usually_happens_is_said_only_when_it_is_known_and_still_ahead() -> None:
    likely = Likely(20, 1800, 7000)
    assert usually(likely, OFFICE, MADE, MADE, DUE) == Usually(MADE + 2 * HOUR, 7200)
    assert usually(Likely(19, 1800, 7000), OFFICE, MADE, MADE, DUE) is None, "few answers say nothing"
    assert usually(None, OFFICE, MADE, MADE, DUE) is None
    assert usually(likely, None, MADE, MADE, DUE) is None
    assert usually(likely, OFFICE, MADE, MADE + 3 * HOUR, DUE) is None, "it took longer already"
    assert usually(Likely(20, 1800, 5 * 3600), OFFICE, MADE, MADE, DUE) is None, "the promise comes first"
    assert usually(likely, NEVER, MADE, MADE, None) is None


def test_what_usually_happens_keeps_to_the_business_hours() -> None:
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    found = usually(Likely(20, 1800, 3600), OFFICE, friday, friday, None)
    assert found == Usually(datetime(2026, 3, 9, 9, 30, tzinfo=UTC), None)
