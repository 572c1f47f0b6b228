"""When a mail about a clock may reach an agent: at once while they work, else when they begin again."""

from collections.abc import Collection, Iterable
from datetime import datetime

from ticketdesk.calendars import spans
from ticketdesk.calendars.hours import instant_of, is_open, second_of
from ticketdesk.calendars.rules import History
from ticketdesk.tickets import on_duty


def at_work(agent_ids: Collection[int], at: datetime) -> dict[int, datetime]:
    """For each of these agents the first moment from `at` on at which they work."""
    hours = on_duty.hours_of(agent_ids)
    return {agent_id: first_open(hours.get(agent_id, ()), at) for agent_id in agent_ids}


def first_open(histories: Iterable[History], at: datetime) -> datetime:
    """The first moment from `at` on at which any of the calendars is open; `at` itself when none ever is.

    Late is better than never: whoever has no hours, or none any more, is told at once.
    """
    found = [opening for history in histories if (opening := _opening(history, at)) is not None]
    return min(found, default=at)


def _opening(history: History, at: datetime) -> datetime | None:
    if is_open(history, at):
        return at
    try:
        return instant_of(spans.reach(history, second_of(at), 1) - 1)
    except spans.NeverOpens:
        return None
