"""What can be chosen as a clock is known wherever a time is told."""

import pytest
from sqlalchemy import text

from ticketdesk.calendars.wallclock import is_zone
from ticketdesk.core.db import db
from ticketdesk.core.locales import zones


@pytest.mark.parametrize("name", ["Factory", "localtime"])
def test_names_that_no_page_can_show_a_time_in_are_not_offered(name: str) -> None:
    assert name not in zones()
    assert not is_zone(name)


@pytest.mark.usefixtures("app")
def test_the_database_knows_all_of_them() -> None:
    assert zones() - set(db.session.scalars(text("SELECT name FROM pg_timezone_names"))) == set()
