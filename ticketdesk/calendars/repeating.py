"""The dates on which a yearly, monthly, weekly or daily rule (RFC 5545, RRULE) repeats a day."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EARLIEST = date(1900, 1, 1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is worked with; what the file left out is filled in from the day on which it begins."""

    frequency: str
    interval: int
    count: int | None
    last: date
    week_start: int
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    weeks: frozenset[int]
    weekdays: frozenset[int]
    nth_weekdays: frozenset[tuple[int, int]]  # (weekday, 2) is the second of the month or the year
    positions: tuple[int, ...]


def dates(rule: Mapping[str, Sequence[Any]], first: date, start: date, end: date) -> list[date]:
    """The dates from start to before end of a rule that begins on `first`.

    None for a rule that repeats within a day, begins before 1900 or makes no sense. The work is bounded by the days
    between `first` and `end`, whatever the rule says; where nothing is counted, by those between `start` and `end`.
    """
    try:
        read = _read({str(key).upper(): list(values) for key, values in rule.items()}, first, end)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return []
    if read is None or first < EARLIEST:
        return []
    found: list[date] = []
    passed = 0
    for period in _periods(read, first, first if read.count is not None else max(first, start)):
        for day in _chosen(read, period):
            if day < first:
                continue
            passed += 1
            if day > read.last or (read.count is not None and passed > read.count):
                return found
            if day >= start:
                found.append(day)
    return found


def _read(parts: Mapping[str, Sequence[Any]], first: date, end: date) -> Rule | None:
    frequency = str(parts["FREQ"][0]).upper()
    interval = int(parts["INTERVAL"][0]) if parts.get("INTERVAL") else 1
    count = int(parts["COUNT"][0]) if parts.get("COUNT") else None
    last = end - DAY
    if parts.get("UNTIL"):
        until = parts["UNTIL"][0]
        last = min(last, until.date() if isinstance(until, datetime) else until)
    if frequency not in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY") or not 1 <= interval <= 10_000:
        return None
    numbers = {
        name: frozenset(int(one) for one in parts.get(name, ()))
        for name in ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
    }
    named = [_weekday(str(one).upper()) for one in parts.get("BYDAY", ())]
    plain = {weekday for weekday, nth in named if nth == 0 or frequency in ("WEEKLY", "DAILY")}
    numbered = {(weekday, nth) for weekday, nth in named if nth != 0 and frequency in ("YEARLY", "MONTHLY")}
    if not named and not any(numbers[name] for name in ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")):
        if frequency == "YEARLY" and not numbers["BYMONTH"]:
            numbers["BYMONTH"] = frozenset([first.month])
        if frequency in ("YEARLY", "MONTHLY"):
            numbers["BYMONTHDAY"] = frozenset([first.day])
        if frequency == "WEEKLY":
            plain = {first.weekday()}
    return Rule(
        frequency=frequency,
        interval=interval,
        count=count,
        last=last,
        week_start=WEEKDAYS.index(str((parts.get("WKST") or ["MO"])[0]).upper()),
        months=numbers["BYMONTH"],
        month_days=numbers["BYMONTHDAY"],
        year_days=numbers["BYYEARDAY"],
        weeks=numbers["BYWEEKNO"],
        weekdays=frozenset(plain),
        nth_weekdays=frozenset(numbered),
        positions=tuple(int(one) for one in parts.get("BYSETPOS", ())),
    )


def _weekday(text: str) -> tuple[int, int]:
    """MO as Monday and 0, 2MO as Monday and 2."""
    return WEEKDAYS.index(text[-2:]), int(text[:-2]) if len(text) > 2 else 0


def _periods(rule: Rule, first: date, since: date) -> Iterator[list[date]]:
    """The days of each year, month, week or day that the rule looks at; those surely over before `since` left out."""
    number = 0
    if rule.frequency == "YEARLY":
        number = (since.year - first.year) // rule.interval
    elif rule.frequency == "MONTHLY":
        number = ((since.year - first.year) * 12 + since.month - first.month) // rule.interval
    else:
        number = (since - first).days // (rule.interval * (7 if rule.frequency == "WEEKLY" else 1))
    while True:
        try:
            low, length = _period(rule, first, number)
        except (ValueError, OverflowError):  # beyond the last year that a date can have
            return
        if low > rule.last:
            return
        yield [low + DAY * place for place in range(length)]
        number += 1


def _period(rule: Rule, first: date, number: int) -> tuple[date, int]:
    """The first day of a period, and how many it has."""
    steps = number * rule.interval
    if rule.frequency == "YEARLY":
        year = first.year + steps
        return date(year, 1, 1), 365 + calendar.isleap(year)
    if rule.frequency == "MONTHLY":
        year, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
        return date(year, month + 1, 1), calendar.monthrange(year, month + 1)[1]
    if rule.frequency == "WEEKLY":
        return first - DAY * ((first.weekday() - rule.week_start) % 7) + DAY * 7 * steps, 7
    return first + DAY * steps, 1


def _chosen(rule: Rule, period: list[date]) -> list[date]:
    """The days of a period that the rule means."""
    found = [day for day in period if _fits(rule, day)]
    if not rule.positions:
        return found
    places = {place - 1 if place > 0 else len(found) + place for place in rule.positions}
    return [day for place, day in enumerate(found) if place in places]


def _fits(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    month_length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_days and not {day.day, day.day - month_length - 1} & rule.month_days:
        return False
    year_length, of_year = 365 + calendar.isleap(day.year), day.timetuple().tm_yday
    if rule.year_days and not {of_year, of_year - year_length - 1} & rule.year_days:
        return False
    if rule.weeks and day.isocalendar().week not in rule.weeks:
        return False
    if not rule.weekdays and not rule.nth_weekdays:
        return True
    if day.weekday() in rule.weekdays:
        return True
    # Counted in the month, or, in a yearly rule without months, in the year.
    in_year = rule.frequency == "YEARLY" and not rule.months
    place, length = (of_year, year_length) if in_year else (day.day, month_length)
    nth, from_end = (place - 1) // 7 + 1, -((length - place) // 7 + 1)
    return (day.weekday(), nth) in rule.nth_weekdays or (day.weekday(), from_end) in rule.nth_weekdays
