"""Browsers that are pushed to: allowing this one, taking one off, the worker, and who may what."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.pushed import Recipient
from tests.web.desk.conftest import Browser, counted, htmx, words
from ticketdesk.core import secrets, webpush
from ticketdesk.core.db import db
from ticketdesk.notifications import preferences
from ticketdesk.notifications.push_subscription import PushSubscription

PAGE = "/desk/notices/settings"
BROWSERS = "/desk/notices/browsers"


def given(endpoint: str = "https://push.example/one") -> dict[str, str]:
    keys = Recipient()
    return {"endpoint": endpoint, "p256dh": keys.p256dh, "auth": keys.auth}


def kept() -> list[PushSubscription]:
    return list(db.session.scalars(select(PushSubscription).order_by(PushSubscription.id)))


def test_it_is_allowed_listed_and_taken_off(alice: FlaskClient, world: World) -> None:
    page = alice.get(PAGE).text
    assert "Allow on this browser" in page
    key = webpush.encoded(webpush.point(secrets.push_key().public_key()))
    assert f'data-server-key="{key}"' in page
    assert alice.post(BROWSERS, data=given(), headers=htmx()).status_code == 204
    page = alice.get(PAGE).text
    assert "Notices are pushed to this browser from now on." in page
    assert "this one" in words(page)
    assert "Allow on this browser" not in page
    assert "push.example" not in page, "whoever knows the address may push"
    (one,) = kept()
    assert one.agent_id == world.alice.id
    answer = alice.post(f"{BROWSERS}/{one.id}/removal")
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "Allow on this browser" in alice.get(PAGE).text


def test_signing_out_ends_it(browser: Browser, alice: FlaskClient) -> None:
    alice.post(BROWSERS, data=given())
    assert "this one" in words(alice.get(PAGE).text)
    alice.post("/sign-out")
    assert "this one" not in words(browser("alice").get(PAGE).text)


def test_nobody_takes_off_what_is_anothers(browser: Browser, alice: FlaskClient) -> None:
    alice.post(BROWSERS, data=given())
    (one,) = kept()
    assert browser("bob").post(f"{BROWSERS}/{one.id}/removal").status_code == 404
    assert browser("ada").post(f"{BROWSERS}/{one.id}/removal").status_code == 404
    assert alice.post(f"{BROWSERS}/999999/removal").status_code == 404
    assert alice.get(BROWSERS).status_code == 405
    assert "this one" in words(alice.get(PAGE).text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/one"},
        {"endpoint": ""},
        {"endpoint": "https://push.example/" + "a" * 2000},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"agent": "2"},
    ],
)
def test_what_no_browser_gives_is_not_taken(alice: FlaskClient, wrong: dict[str, str]) -> None:
    assert alice.post(BROWSERS, data={**given(), **wrong}, headers=htmx()).status_code == 422
    assert kept() == []


def test_push_is_chosen_beside_the_others(alice: FlaskClient, world: World) -> None:
    alice.post(PAGE, data={"rhythm": "at_once", "morning": "08:00", "push": ["woken"], "app": ["woken"]})
    assert preferences.of(world.alice.id).choices["woken"] == ["app", "push"]
    assert re.search(r'name="push" value="woken" checked', alice.get(PAGE).text)


def test_the_worker_stands_where_it_speaks_for_the_desk(alice: FlaskClient) -> None:
    answer = alice.get("/desk/push-worker.js")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert "showNotification" in answer.text
    assert "fetch(" not in answer.text, "it has no business with anybody"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_page_costs_no_more_with_many_browsers(alice: FlaskClient) -> None:
    alice.get(PAGE)
    with counted() as few:
        alice.get(PAGE)
    for number in range(10):
        alice.post(BROWSERS, data=given(f"https://push.example/{number}"))
    alice.get(PAGE)
    with counted() as many:
        alice.get(PAGE)
    assert len(many) <= len(few) + 1 <= 15
