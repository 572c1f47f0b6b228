"""Who serves a queue in the next day, drawn: pure arithmetic."""

from datetime import UTC, datetime, timedelta, timezone

from ticketdesk.web.admin.day_ahead import DAY, WIDTH, draw

START = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def test_the_first_team_that_works_is_asked_first() -> None:
    east = [(at(0), at(3)), (at(14), at(24))]
    west = [(at(2), at(10))]
    day = draw([("East", east), ("West", west)], START, lambda when: when)
    assert [row.hours for row in day.rows] == [east, [(at(3), at(10))]]
    assert [(bar.x, bar.width, bar.is_first) for bar in day.rows[1].bars] == [(60, 140, True), (40, 20, False)]
    assert day.nobody.hours == [(at(10), at(14))]


def test_always_leaves_no_hour_without_anybody() -> None:
    day = draw([("All", [(START, START + DAY)])], START, lambda when: when)
    assert not day.nobody.bars
    assert [(bar.x, bar.width) for bar in day.rows[0].bars] == [(0, WIDTH)]


def test_no_team_means_nobody_all_day() -> None:
    day = draw([("None", [])], START, lambda when: when)
    assert day.rows[0].bars == []
    assert day.nobody.hours == [(START, START + DAY)]


def test_hours_stand_on_the_readers_clock() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))  # 16:15 there
    day = draw([], START, lambda when: when.astimezone(kathmandu))
    assert [hour for _x, hour in day.hours] == ["18", "21", "00", "03", "06", "09", "12", "15"]
    assert day.hours[0][0] == 35  # an hour and three quarters on
