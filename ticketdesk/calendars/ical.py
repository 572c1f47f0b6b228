"""Days off out of a calendar file (RFC 5545): its all-day events; read in the almanac's child process only."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from icalendar import Event

from ticketdesk.calendars import repeating
from ticketdesk.calendars.national import Day

MOST_EVENTS = 2000
MOST_DAYS = 600
LONGEST_EVENT = 62
"""Days that one event may last; a longer one is no holiday."""
LONGEST_NAME = 80
LONGEST_LINE = 4000
_WANTED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "SUMMARY", "STATUS", "UID", "RECURRENCE-ID")
_FOLD = re.compile(r"\r?\n[ \t]")


class Unreadable(Exception):
    """No days can be taken from it; the text says why in plain words."""


def days(raw: bytes, start: date, end: date) -> list[Day]:
    """The dates of its all-day events from start to before end, one entry for each date; raises Unreadable.

    Events that begin at an hour are left out, and so is a single event that makes no sense.
    """
    text = _FOLD.sub("", raw.decode("utf-8-sig", "replace"))
    if "BEGIN:VCALENDAR" not in text.upper():
        raise Unreadable("This is not a calendar file: it does not begin with BEGIN:VCALENDAR.")
    events = [event for block in _blocks(text) if (event := _event(block)) is not None]
    moved: dict[str, set[date]] = {}
    for event in events:
        if isinstance(original := _value(event, "RECURRENCE-ID"), date):
            moved.setdefault(str(event.get("UID", "")), set()).add(_date(original))
    found: dict[date, list[str]] = {}
    for event in events:
        for first in _beginnings(event, moved, start - timedelta(days=LONGEST_EVENT), end):
            for number in range(_length(event)):
                on = first + timedelta(days=number)
                if start <= on < end:
                    names = found.setdefault(on, [])
                    if (name := _name(event)) not in names:
                        names.append(name)
        if len(found) > MOST_DAYS:
            raise Unreadable(f"It closes more than {MOST_DAYS} days; that is no calendar of holidays.")
    return [{"date": on.isoformat(), "name": ", ".join(found[on])[:LONGEST_NAME]} for on in sorted(found)]


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each event that matter here; what stands in alarms and other parts inside is left out."""
    block: list[str] | None = None
    inside = count = 0
    for line in text.splitlines():
        upper = line[:20].upper().strip()
        if upper == "BEGIN:VEVENT":
            count += 1
            if count > MOST_EVENTS:
                raise Unreadable(f"There are more than {MOST_EVENTS} events in it.")
            block, inside = [], 0
        elif upper == "END:VEVENT":
            if block is not None:
                yield block
            block = None
        elif block is not None and upper.startswith("BEGIN:"):
            inside += 1
        elif block is not None and upper.startswith("END:"):
            inside -= 1
        elif block is not None and inside == 0 and len(line) <= LONGEST_LINE and _is_wanted(line):
            block.append(line)


def _is_wanted(line: str) -> bool:
    return re.split("[;:]", line, maxsplit=1)[0].upper() in _WANTED


def _event(block: list[str]) -> Event | None:
    """An event that lasts whole days and takes place; None for any other."""
    try:
        event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *block, "END:VEVENT", ""]))
        start = _value(event, "DTSTART") if isinstance(event, Event) else None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return None
    is_whole = isinstance(start, date) and not isinstance(start, datetime)
    is_on = str(event.get("STATUS", "")).upper() != "CANCELLED"
    return event if isinstance(event, Event) and is_whole and is_on else None


def _value(event: Event, name: str) -> object:
    try:
        return getattr(event.get(name), "dt", None)
    except ValueError:  # the library keeps what it could not read, and says so when it is asked for
        return None


def _date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _length(event: Event) -> int:
    """Days that it lasts; the end named in the file is the day after."""
    start, end, span = (_value(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if isinstance(start, date) and isinstance(end, date):
        return min(max((_date(end) - start).days, 1), LONGEST_EVENT)
    return min(max(span.days, 1), LONGEST_EVENT) if isinstance(span, timedelta) else 1


def _beginnings(event: Event, moved: dict[str, set[date]], start: date, end: date) -> Iterator[date]:
    """The dates on which it begins, repetitions included."""
    first = _value(event, "DTSTART")
    if not isinstance(first, date):
        return
    left_out = _dates(event, "EXDATE")
    if event.get("RECURRENCE-ID") is None:
        left_out |= moved.get(str(event.get("UID", "")), set())
    rules = event.get("RRULE")
    found = {first} | _dates(event, "RDATE")
    for rule in rules if isinstance(rules, list) else [rules] if rules is not None else []:
        if isinstance(rule, dict):
            found |= set(repeating.dates(rule, first, start, end))
    yield from sorted(on for on in found - left_out if start <= on < end)


def _dates(event: Event, name: str) -> set[date]:
    entries = event.get(name)
    found: set[date] = set()
    for entry in entries if isinstance(entries, list) else [entries] if entries is not None else []:
        try:
            found |= {_date(one.dt) for one in getattr(entry, "dts", []) if isinstance(one.dt, date)}
        except ValueError:
            continue
    return found


def _name(event: Event) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in str(event.get("SUMMARY", "")))
    return " ".join(words.split())[:LONGEST_NAME]
