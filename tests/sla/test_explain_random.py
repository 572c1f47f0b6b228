"""The replay against a ticket lived minute by minute."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from tests.sla import oracle, stories
from ticketdesk.calendars.hours import business_seconds, second_of
from ticketdesk.sla.explain import Timer, replay

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))


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


def agree(story: stories.Story) -> None:
    timers = replay(story.events, story.policies, story.calendars, story.until)
    until = second_of(story.until)
    assert [verdict(timer, until) for timer in timers] == oracle.live(
        story.events, story.policies, story.calendars, story.until
    )
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


def _segments_leave_no_gap(timer: Timer, story: stories.Story) -> None:
    segments = timer.segments()
    if segments:
        assert segments[0].start == timer.started_at
        assert segments[-1].end == (timer.stopped_at or story.until)
    assert all(one.end == two.start for one, two in pairwise(segments))
    assert all(one.end - one.start == timedelta(seconds=one.business_s) for one in segments if one.state == "running")


@QUICK
@given(stories.stories())
def test_the_replay_agrees_with_the_minutes(story: stories.Story) -> None:
    agree(story)


@pytest.mark.slow
@pytest.mark.timeout(900)
@LONG
@given(stories.stories())
def test_the_replay_agrees_with_the_minutes_of_two_thousand_tickets(story: stories.Story) -> None:
    agree(story)
