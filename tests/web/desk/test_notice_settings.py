"""Choosing what one hears of: the table, the rhythm, quiet hours, and back to how it was at first."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import Browser, words
from ticketdesk.core.db import db
from ticketdesk.notifications import preferences
from ticketdesk.notifications.notice_setting import NoticeSetting
from ticketdesk.notifications.preferences import Setting
from ticketdesk.notifications.topics import TOPICS
from ticketdesk.web.desk.notice_form import DAYS

PAGE = "/desk/notices/settings"
ALWAYS = {f"{day}-{side}": "00:00" for day in DAYS for side in ("begins", "ends")}
LEAST: dict[str, Any] = {"rhythm": "at_once", "morning": "08:00"}


def chosen(page: str) -> set[tuple[str, str]]:
    boxes = re.findall(r'name="(app|mail|push)" value="(\w+)" checked', page)
    return {(way, name) for way, name in boxes}


def test_it_shows_what_is_usual_until_somebody_chooses(alice: FlaskClient) -> None:
    page = alice.get(PAGE).text
    assert chosen(page) == {(way, topic.name) for topic in TOPICS for way in topic.usual}
    assert "A colleague names me in a note" in words(page)
    assert db.session.get(NoticeSetting, 1) is None


def test_what_is_chosen_is_kept_and_shown(alice: FlaskClient, world: World) -> None:
    given = {
        "app": ["assigned", "mentioned"],
        "mail": ["messages"],
        "rhythm": "morning",
        "morning": "07:30",
        "monday-begins": "20:00",
        "monday-ends": "08:00",
        "saturday-begins": "00:00",
        "saturday-ends": "00:00",
    }
    assert alice.post(PAGE, data=given).status_code == 303
    setting = preferences.of(world.alice.id)
    assert (setting.rhythm, setting.morning) == ("morning", 450)
    assert setting.quiet == [[1200, 480], None, None, None, None, [0, 0], None]
    page = alice.get(PAGE).text
    assert chosen(page) == {("app", "assigned"), ("app", "mentioned"), ("app", "escalations"), ("mail", "messages")}
    assert 'name="monday-begins" type="time" value="20:00"' in page
    assert preferences.of(world.bob.id) == Setting(), "nobody else's"


def test_back_to_how_it_was_at_first(alice: FlaskClient, world: World) -> None:
    alice.post(PAGE, data=LEAST)
    assert preferences.of(world.alice.id) != Setting()
    assert alice.post(f"{PAGE}/reset").status_code == 303
    assert preferences.of(world.alice.id) == Setting()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"monday-begins": "20:00"}, "Monday: say both from when and until when"),
        (ALWAYS, "never end"),
        ({"rhythm": "never"}, "Not a valid choice"),
        ({"morning": "25:00"}, "Not a valid time value"),
        ({"app": "everything"}, "not a valid choice"),
        ({"agent": "2"}, "has no field agent"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(
    alice: FlaskClient, world: World, wrong: dict[str, Any], said: str
) -> None:
    answer = alice.post(PAGE, data={**LEAST, "mail": "woken", **wrong})
    assert answer.status_code == 422 and said in words(answer.text)
    assert ("mail", "woken") in chosen(answer.text)
    assert preferences.of(world.alice.id) == Setting()


def test_the_rail_and_the_bell_lead_there(browser: Browser) -> None:
    page = browser("carol").get("/desk/notices").text
    assert f'href="{PAGE}"' in page and 'data-key="g n"' in page and 'data-key="b"' in page
