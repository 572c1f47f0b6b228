"""Calendars are made and changed as versions."""

from datetime import datetime, timedelta

import pytest

from tests.people import World
from ticketdesk.calendars import editing
from ticketdesk.calendars.loading import histories
from ticketdesk.core.errors import Invalid

OFFICE = [[[540, 1020]]] * 5 + [[], []]
CLOSED: list[list[list[int]]] = [[]] * 7
DAY = timedelta(days=1)


def test_a_change_is_a_new_version_and_the_old_stays(world: World, now: datetime) -> None:
    calendar = editing.create("Shop", "Europe/London", OFFICE, world.ada.actor, now)
    version = editing.change(calendar, "Europe/London", [[[0, 1440]]] * 7, world.ada.actor, now + DAY)
    assert (version.number, version.starts_at, version.created_by) == (2, now + DAY, world.ada.id)
    found = histories([calendar.id])[calendar.id]
    assert [one.starts_at for one in found.versions] == [now, now + DAY]
    assert found.newest_id == version.id


def test_what_would_change_the_past_is_refused(world: World, now: datetime) -> None:
    calendar = editing.create("Shop", "UTC", OFFICE, world.ada.actor, now)
    with pytest.raises(Invalid, match="now or later"):
        editing.change(calendar, "UTC", OFFICE, world.ada.actor, now, starts_at=now - DAY)
    editing.change(calendar, "UTC", OFFICE, world.ada.actor, now, starts_at=now + 7 * DAY)
    with pytest.raises(Invalid, match="already announced"):
        editing.change(calendar, "UTC", OFFICE, world.ada.actor, now, starts_at=now + DAY)


def test_hours_that_never_open_are_refused(world: World, now: datetime) -> None:
    with pytest.raises(Invalid, match="366 days") as refused:
        editing.create("Shop", "UTC", CLOSED, world.ada.actor, now)
    assert refused.value.field == "week"
    one_day = [{"date": (now + 30 * DAY).date().isoformat(), "name": "Fair", "open": [[540, 600]]}]
    assert editing.create("Fair", "UTC", CLOSED, world.ada.actor, now, exceptions=one_day).name == "Fair"


def test_a_name_is_used_once(world: World, now: datetime) -> None:
    editing.create("Shop", "UTC", OFFICE, world.ada.actor, now)
    for name in ("shop", " Shop ", "", "x" * 101):
        with pytest.raises(Invalid) as refused:
            editing.create(name, "UTC", OFFICE, world.ada.actor, now)
        assert refused.value.field == "name"
