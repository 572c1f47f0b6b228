"""Why a clock stands where it stands: the events of a ticket replayed into timers and their segments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ticketdesk.calendars.hours import second_of
from ticketdesk.calendars.rules import History
from ticketdesk.sla.outcome import Segment, Timer
from ticketdesk.sla.policies import Policy
from ticketdesk.sla.story import KINDS, Happening, Story

__all__ = ["KINDS", "Happening", "Segment", "Timer", "as_json", "replay"]


def replay(
    happenings: Sequence[Happening],
    policies: Mapping[int, Policy],
    calendars: Mapping[int, History],
    until: datetime,
) -> list[Timer]:
    """The timers of one ticket, from its events in the order of their seq.

    `policies` by version id, `calendars` by calendar id; both must hold all that the events name.
    """
    story = Story(policies, calendars)
    last = len(happenings) - 1
    for index, happening in enumerate(happenings):
        following = happenings[index + 1] if index < last else None
        story.take(happening, following)
    return story.timers(second_of(until))


def as_json(number: int, timers: Sequence[Timer]) -> dict[str, Any]:
    """The timers in the shape that `sla explain --json` promises."""
    return {"ticket": number, "timers": [_timer_as_json(timer) for timer in timers]}


def _timer_as_json(timer: Timer) -> dict[str, Any]:
    return {
        "metric": timer.metric,
        "target_s": timer.target_s,
        "due_at": None if timer.due_at is None else timer.due_at.isoformat(),
        "state": timer.state,
        "consumed_s": timer.consumed_s,
        "policy": timer.policy.name,
        "policy_version": timer.policy.number,
        "segments": [
            {
                "from": segment.start.isoformat(),
                "to": segment.end.isoformat(),
                "state": segment.state,
                "business_s": segment.business_s,
                "reason": segment.reason,
                "event_seq": segment.event_seq,
            }
            for segment in timer.segments()
        ],
    }
