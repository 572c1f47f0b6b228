"""What policies speak of by number, by name: queues, brands, channels, and the hours they count in."""

from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.brands.brand import Brand
from ticketdesk.calendars import loading
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.calendars.rules import Hours
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web import labels
from ticketdesk.web.texts import _

CHANNELS = ("email", "form", "chat")
"""By which tickets come."""
PRIORITIES = ("urgent", "high", "normal", "low")
"""In the order in which people read them."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A calendar: its name, and how long its working days are when all are equally long."""

    name: str
    day_s: int | None


@dataclass(frozen=True, slots=True)
class Called:
    """Names by number; a row that is gone is said to be gone."""

    queues: dict[int, str]
    brands: dict[int, str]
    calendars: dict[int, Counting]

    def value(self, condition: str, value: int | str) -> str:
        """One of the things that a condition asks for."""
        if condition == "queue_id" and isinstance(value, int):
            return self.queues.get(value, _("a queue that is gone"))
        if condition == "brand_id" and isinstance(value, int):
            return self.brands.get(value, _("a brand that is gone"))
        return priority(str(value)).lower() if condition == "priority" else channel(str(value))

    def counting(self, calendar_id: int | None) -> Counting:
        """The calendar, or a word for one that is not chosen yet."""
        return self.calendars.get(calendar_id or 0, Counting(_("hours that are still to be chosen"), None))


def load() -> Called:
    """All of them: an administrator sees everything, and there are few."""
    queues = db.session.execute(select(Queue.id, Queue.name)).all()
    brands = db.session.execute(select(Brand.id, Brand.name)).all()
    calendars = db.session.execute(select(Calendar.id, Calendar.name)).all()
    histories = loading.histories(row.id for row in calendars)
    return Called(
        {row.id: row.name for row in queues},
        {row.id: row.name for row in brands},
        {row.id: Counting(row.name, day_length(histories[row.id].versions[-1].hours)) for row in calendars},
    )


def day_length(hours: Hours) -> int | None:
    """How long a working day is, in seconds; None where they differ."""
    lengths = {sum(end - start for start, end in day) for day in hours.week.days if day}
    return 60 * lengths.pop() if len(lengths) == 1 else None


def priority(name: str) -> str:
    """The name of a priority."""
    return labels.priority(name)


def channel(name: str) -> str:
    """The name of a channel inside a sentence."""
    return {"email": _("mail"), "form": _("form"), "chat": _("chat"), "phone": _("phone")}.get(name, name)


def metric(name: str) -> str:
    """The name of a measured time."""
    names = {
        "first_response": _("First response"),
        "next_response": _("Next response"),
        "resolution": _("Resolution"),
    }
    return names.get(name, name)
