"""The dates on which a yearly, monthly, weekly or daily rule (RFC 5545, RRULE) repeats a day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil import rrule

FREQUENCIES = {"YEARLY": rrule.YEARLY, "MONTHLY": rrule.MONTHLY, "WEEKLY": rrule.WEEKLY, "DAILY": rrule.DAILY}
STEP = {"WEEKLY": 7, "DAILY": 1}
EARLIEST = date(1900, 1, 1)
_PARTS = {
    "BYMONTH": "bymonth",
    "BYMONTHDAY": "bymonthday",
    "BYYEARDAY": "byyearday",
    "BYWEEKNO": "byweekno",
    "BYSETPOS": "bysetpos",
}
_WEEKDAYS = {
    "MO": rrule.MO,
    "TU": rrule.TU,
    "WE": rrule.WE,
    "TH": rrule.TH,
    "FR": rrule.FR,
    "SA": rrule.SA,
    "SU": rrule.SU,
}


def dates(rule: Mapping[str, Sequence[Any]], first: date, start: date, end: date) -> list[date]:
    """The dates from start to before end of a rule that begins on `first`.

    None for a rule that repeats within a day, begins before 1900 or makes no sense. The work is bounded by the days
    between `first` and `end`, whatever the rule says.
    """
    parts = {str(key).upper(): list(values) for key, values in rule.items()}
    frequency = str(_only(parts, "FREQ", "")).upper()
    if frequency not in FREQUENCIES or first < EARLIEST:
        return []
    try:
        interval = int(_only(parts, "INTERVAL", 1))
        count = int(parts["COUNT"][0]) if parts.get("COUNT") else None
        last = end - timedelta(days=1)
        if parts.get("UNTIL"):
            until = parts["UNTIL"][0]
            last = min(last, until.date() if isinstance(until, datetime) else until)
        if interval < 1 or (count is not None and count < 1) or last < first:
            return []
        if count is None and frequency in STEP and first < start:
            # Nobody counts, so whole steps before the start need not be gone through.
            step = STEP[frequency] * interval
            first += timedelta(days=(start - first).days // step * step)
        found = rrule.rrule(
            FREQUENCIES[frequency],
            dtstart=datetime.combine(first, time()),
            interval=interval,
            count=count,
            until=datetime.combine(last, time()),
            wkst=_WEEKDAYS.get(str(_only(parts, "WKST", "MO")).upper()),
            byweekday=[_weekday(str(one).upper()) for one in parts.get("BYDAY", [])] or None,
            **{name: [int(one) for one in parts[key]] for key, name in _PARTS.items() if parts.get(key)},
        )
        return [one.date() for one in found if start <= one.date() < end]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        return []


def _only(parts: Mapping[str, Sequence[Any]], name: str, otherwise: Any) -> Any:
    values = parts.get(name) or [otherwise]
    return values[0]


def _weekday(text: str) -> Any:
    """MO, or 2MO for the second Monday."""
    day = _WEEKDAYS[text[-2:]]
    return day(int(text[:-2])) if len(text) > 2 else day
