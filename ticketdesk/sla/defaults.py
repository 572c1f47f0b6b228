"""A promise to begin with: office hours and one policy for every ticket."""

from datetime import datetime

from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import Actor
from ticketdesk.sla import editing
from ticketdesk.sla.policies import Metric
from ticketdesk.sla.policy import SlaPolicy

_HOUR = 3600
_OFFICE_WEEK = [[[9 * 60, 17 * 60]]] * 5 + [[], []]

_TARGETS: dict[str, dict[Metric, int]] = {
    "urgent": {"first_response": _HOUR // 2, "next_response": _HOUR // 2, "resolution": 4 * _HOUR},
    "high": {"first_response": 2 * _HOUR, "next_response": _HOUR, "resolution": 8 * _HOUR},
    "normal": {"first_response": 4 * _HOUR, "next_response": 4 * _HOUR, "resolution": 24 * _HOUR},
    "low": {"first_response": 8 * _HOUR, "next_response": 8 * _HOUR, "resolution": 40 * _HOUR},
}


def create(by: Actor, at: datetime, *, timezone: str = "UTC") -> SlaPolicy:
    """Make the calendar "Business hours" (Monday to Friday, 9 to 17) and the policy "Standard" that counts in it."""
    calendar = calendars.create("Business hours", timezone, _OFFICE_WEEK, by, at)
    return editing.create("Standard", editing.Words(calendar.id, _TARGETS), by, at)
