"""Open time reckoned in whole seconds since 1970, from tables of 64 days that are worked out once."""

from bisect import bisect_right
from collections.abc import Iterator

from ticketdesk.calendars.rules import History, Hours, Table
from ticketdesk.calendars.wallclock import DAY, regimes

BLOCK = 64 * DAY
MARGIN = 3 * DAY
"""An opening may last into the date after its own, and zones lie up to 15 hours from UTC."""
MOST_TABLES = 512
EMPTY_BLOCKS = 7
"""So many tables in a row without an open second are more than a year."""


class NeverOpens(Exception):
    """The calendar has no open second for more than a year from where it was looked for."""


def _table(hours: Hours, number: int) -> Table:
    """The table of one block, made when first asked for."""
    found = hours.tables.get(number)
    if found is None:
        if len(hours.tables) >= MOST_TABLES:
            hours.tables.clear()
        found = hours.tables[number] = _make_table(hours, number * BLOCK)
    return found


def _make_table(hours: Hours, low: int) -> Table:
    """The instants of a block at which the wall clock shows an open minute.

    Each local opening is put beside each offset in force around it. So an hour that the clocks skip is not
    counted, an hour they repeat is counted twice, and a bound inside it means the wall clock, not the day's length.
    """
    high = low + BLOCK
    changes = regimes(hours.zone, low - MARGIN, high + MARGIN)
    cuts: list[tuple[int, int]] = []
    for day in range((low - MARGIN) // DAY, (high + MARGIN) // DAY):
        for first, last in hours.openings(day):
            for since, until, offset in changes:
                start = max(day * DAY + first * 60 - offset, since, low)
                end = min(day * DAY + last * 60 - offset, until, high)
                if start < end:
                    cuts.append((start, end))
    cuts.sort()
    starts: list[int] = []
    ends: list[int] = []
    for start, end in cuts:
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    before: list[int] = []
    total = 0
    for start, end in zip(starts, ends, strict=True):
        before.append(total)
        total += end - start
    return Table(tuple(starts), tuple(ends), tuple(before), total)


def _passed(table: Table, second: int) -> int:
    """Open seconds of the block before an instant in it."""
    index = bisect_right(table.starts, second) - 1
    if index < 0:
        return 0
    return table.before[index] + min(second, table.ends[index]) - table.starts[index]


def between(hours: Hours, start: int, end: int) -> int:
    """Open seconds from start to end; 0 when the end lies before the start."""
    if end <= start:
        return 0
    first, last = start // BLOCK, end // BLOCK
    total = _passed(_table(hours, last), end) - _passed(_table(hours, first), start)
    for number in range(first, last):
        total += _table(hours, number).total
    return total


def _reach(hours: Hours, start: int, seconds: int, limit: int | None) -> tuple[int | None, int]:
    """The earliest instant at which `seconds` open seconds have passed since start.

    Looks no further than `limit`: then there is no instant, and the second value says what is left. Raises NeverOpens.
    """
    number = start // BLOCK
    table = _table(hours, number)
    wanted = _passed(table, start) + seconds
    empty = 0
    while wanted > table.total:
        wanted -= table.total
        number += 1
        if limit is not None and number * BLOCK >= limit:
            return None, seconds - between(hours, start, limit)
        table = _table(hours, number)
        empty = 0 if table.total else empty + 1
        if empty >= EMPTY_BLOCKS and limit is None:
            raise NeverOpens
    index = bisect_right(table.before, wanted - 1) - 1
    found = table.starts[index] + wanted - table.before[index]
    if limit is not None and found > limit:
        return None, seconds - between(hours, start, limit)
    return found, 0


def _spans(hours: Hours, start: int, end: int) -> Iterator[tuple[int, int]]:
    for number in range(start // BLOCK, end // BLOCK + 1):
        table = _table(hours, number)
        for opens, closes in zip(table.starts, table.ends, strict=True):
            if opens < end and closes > start:
                yield max(opens, start), min(closes, end)


def open_seconds(history: History, start: int, end: int) -> int:
    """Open seconds from start to end, each under the version then in force."""
    if len(history.pieces) == 1:
        return between(history.pieces[0][2], start, end)
    total = 0
    for low, high, hours in history.pieces:
        total += between(hours, start if low is None else max(start, low), end if high is None else min(end, high))
    return total


def reach(history: History, start: int, seconds: int) -> int:
    """The earliest instant, not before start, at which `seconds` open seconds have passed; raises NeverOpens."""
    if seconds <= 0:
        return start
    for low, high, hours in history.pieces:
        if high is not None and high <= start:
            continue
        begin = start if low is None else max(start, low)
        found, seconds = _reach(hours, begin, seconds, high)
        if found is not None:
            return found
    raise NeverOpens


def open_spans(history: History, start: int, end: int) -> list[tuple[int, int]]:
    """The open spans from start to end in order; spans that touch are one."""
    found: list[tuple[int, int]] = []
    for low, high, hours in history.pieces:
        begin = start if low is None else max(start, low)
        stop = end if high is None else min(end, high)
        if begin >= stop:
            continue
        for opens, closes in _spans(hours, begin, stop):
            if found and found[-1][1] == opens:
                found[-1] = (found[-1][0], closes)
            else:
                found.append((opens, closes))
    return found
