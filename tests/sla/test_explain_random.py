"""The replay against a ticket lived minute by minute."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sla import oracle, places, stories
from tests.sla.stories import Story
from ticketdesk.calendars.hours import add_business, business_seconds, second_of
from ticketdesk.calendars.spans import NeverOpens
from ticketdesk.sla.explain import KINDS, Happening, Timer, replay

USUAL = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


def verdict(timer: Timer, until: int) -> oracle.Verdict:
    """The replayed timer in the oracle's words; a due time further away than it looks is none."""
    stopped = None if timer.stopped_at is None else second_of(timer.stopped_at)
    due = None if timer.due_at is None else second_of(timer.due_at)
    far = (until if stopped is None else stopped) + oracle.LOOK_AHEAD * 60
    return oracle.Verdict(
        timer.metric,
        timer.cycle,
        second_of(timer.started_at),
        timer.target_s,
        timer.state,
        timer.consumed_s,
        due if due is None or due <= far else None,
        None if timer.breached_at is None else second_of(timer.breached_at),
        timer.late_at_change,
        stopped,
        timer.ended_reason,
    )


def replayed(story: Story) -> list[Timer]:
    return replay(story.events, story.policies, story.calendars, story.until)


def agree(story: Story) -> None:
    timers = replayed(story)
    until = second_of(story.until)
    lived = oracle.live(story.events, story.policies, story.calendars, story.until, story.place.seen)
    assert [verdict(timer, until) for timer in timers] == lived
    carried = 0
    for timer in timers:
        _segments_leave_no_gap(timer, story)
        used = sum(one.business_s for one in timer.segments())
        if timer.metric == "resolution":
            assert timer.consumed_s in (used, used + carried)
            carried = timer.consumed_s
        else:
            assert timer.consumed_s == used
        if timer.state == "running" and timer.due_at is not None and timer.resumed_at is not None:
            left = timer.target_s - timer.banked_s
            assert business_seconds(timer.hours, timer.resumed_at, timer.due_at) == left
            assert timer.warn_at is not None
            assert timer.warn_at <= timer.due_at


def _segments_leave_no_gap(timer: Timer, story: Story) -> None:
    segments = timer.segments()
    if segments:
        assert segments[0].start == timer.started_at
        assert segments[-1].end == (timer.stopped_at or story.until)
    assert all(one.end == two.start for one, two in pairwise(segments))
    assert all(one.end - one.start == timedelta(seconds=one.business_s) for one in segments if one.state == "running")


@USUAL
@given(stories.stories())
def test_the_replay_agrees_with_the_minutes_of_two_thousand_tickets(story: Story) -> None:
    agree(story)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@LONG
@given(stories.stories(places=2**32))
def test_the_replay_agrees_with_the_minutes_of_five_thousand_tickets_each_elsewhere(story: Story) -> None:
    agree(story)


def test_the_places_lie_in_more_than_twenty_zones_and_lack_nothing() -> None:
    found = [places.place(number) for number in range(stories.KNOWN_PLACES)]
    hours = [version.hours for one in found for history in one.calendars.values() for version in history.versions]
    days = [day for one in hours for day in one.week.days]
    assert len({one.zone for one in found}) > 20
    assert any(len(day) > 1 for day in days)  # lunch breaks
    assert any(end > 1440 for day in days for _start, end in day)  # nights
    assert any(one.holidays for one in hours)
    assert any(one.exceptions for one in hours)
    assert any(len(history.versions) == 3 for one in found for history in one.calendars.values())


def test_the_stories_tell_of_everything_that_moves_a_clock() -> None:
    chance = Random(1)
    some = [stories.tell(0, number, [chance.getrandbits(32) for _ in range(12)]) for number in range(100)]
    elsewhere = {"sla_breached", "escalated", "split_from"}  # how a part begins: `test_splitting`, `test_stored_random`
    assert {event.kind for story in some for event in story.events} >= KINDS - elsewhere


@USUAL
@given(stories.stories(), st.integers(0, 5000), st.integers(0, 400_000))
def test_a_pause_of_so_many_business_seconds_moves_the_due_time_by_exactly_so_many(
    story: Story, after: int, length: int
) -> None:
    """To the second: the ticket waits for its customer from any second on, for as long as one likes."""
    begins = story.until + timedelta(seconds=after)
    ends = begins + timedelta(seconds=length)
    pause = [
        Happening(900, begins, "status_changed", "agent", {"to_category": "pending"}),
        Happening(901, ends, "status_changed", "agent", {"to_category": "open"}),
    ]
    policies, calendars = story.policies, story.calendars
    still_open = Happening(899, story.until, "status_changed", "agent", {"to_category": "open"})
    events = [*story.events, still_open]
    undisturbed = replay(events, policies, calendars, story.until)
    paused = {(timer.metric, timer.cycle): timer for timer in replay([*events, *pause], policies, calendars, ends)}
    for timer in undisturbed:
        if timer.state != "running" or timer.due_at is None or timer.due_at <= begins:
            continue
        again = paused[timer.metric, timer.cycle]
        moves = timer.metric == "resolution" and "pending" in timer.policy.pause_categories
        opened = business_seconds(timer.hours, begins, ends) if moves else 0
        try:
            expected = add_business(timer.hours, timer.due_at, opened)
        except NeverOpens:
            continue
        assert again.due_at == (expected if opened else timer.due_at)
