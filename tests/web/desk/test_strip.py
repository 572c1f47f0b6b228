"""Where the days of a clock stand on the sheet."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ticketdesk.web.desk import strip
from ticketdesk.web.desk.strip import LABEL, MOST_ROWS, WIDTH, Piece

START = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def utc(at: datetime) -> datetime:
    return at


def test_one_day_shows_the_hours_that_matter() -> None:
    drawn = strip.draw(
        [Piece("run", START, START + 2 * HOUR), Piece("left", START + 2 * HOUR, START + 4 * HOUR)],
        [("now", START + 2 * HOUR), ("due", START + 4 * HOUR)],
        utc,
    )
    [row] = drawn.rows
    assert [hour for _x, hour in drawn.hours] == [10, 11, 12, 13, 14]
    assert [(bar.look, bar.x) for bar in row.bars] == [("run", LABEL), ("left", LABEL + (WIDTH - LABEL) / 2)]
    assert [(mark.kind, mark.x) for mark in row.marks] == [("now", LABEL + (WIDTH - LABEL) / 2), ("due", WIDTH)]


def test_a_night_is_cut_at_the_readers_midnight() -> None:
    piece = Piece("run", START + 12 * HOUR, START + 20 * HOUR)
    assert [row.day.day for row in strip.draw([piece], [], utc).rows] == [4, 5]
    auckland = strip.draw([piece], [], lambda at: at.astimezone(ZoneInfo("Pacific/Auckland")))
    assert [row.day.day for row in auckland.rows] == [5]
    midnight = strip.draw([Piece("run", START, START + 14 * HOUR)], [], utc)
    assert [row.day.day for row in midnight.rows if row.bars] == [4]


def test_many_days_are_folded_in_the_middle() -> None:
    days = [Piece("run", START + n * 24 * HOUR, START + n * 24 * HOUR + HOUR) for n in range(30)]
    rows = strip.draw(days, [], utc).rows
    assert len(rows) == MOST_ROWS
    assert [row.folded for row in rows] == [0, 0, 0, 23, 0, 0, 0, 0]
    assert rows[-1].day == days[-1].start.date()
    assert [row.y for row in rows] == sorted({row.y for row in rows})


zones = st.sampled_from(["UTC", "Europe/London", "Pacific/Auckland", "America/St_Johns", "Australia/Lord_Howe"])
looks = st.sampled_from(["run", "over", "pause", "closed", "left"])


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.lists(st.tuples(looks, st.integers(0, 3 * 86_400)), min_size=1, max_size=12),
    zones,
)
def test_everything_stays_on_the_sheet_in_any_zone_and_season(
    begin: datetime, parts: list[tuple[strip.Look, int]], zone: str
) -> None:
    at, pieces = begin.replace(tzinfo=UTC), []
    for look, seconds in parts:
        pieces.append(Piece(look, at, at + timedelta(seconds=seconds)))
        at += timedelta(seconds=seconds)
    drawn = strip.draw(pieces, [("start", pieces[0].start), ("end", at)], lambda one: one.astimezone(ZoneInfo(zone)))
    assert 1 <= len(drawn.rows) <= MOST_ROWS
    assert [row.day for row in drawn.rows] == sorted({row.day for row in drawn.rows})
    for row in drawn.rows:
        for bar in row.bars:
            assert bar.width > 0 and bar.x >= LABEL and bar.x + bar.width <= WIDTH + strip.LEAST_WIDTH
        assert all(LABEL <= mark.x <= WIDTH for mark in row.marks)
    assert sum(len(row.marks) for row in drawn.rows) == 2
    assert all(LABEL <= x <= WIDTH for x, _hour in drawn.hours)
