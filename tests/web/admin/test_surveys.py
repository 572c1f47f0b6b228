"""Settings of surveys: the rules in plain words, the form, how it looks, and who does not want to be asked."""

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import words
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.surveys import opting_out
from ticketdesk.surveys.survey import Survey, survey_of

GOOD = {
    "enabled": "y",
    "question": "How was it?",
    "word_1": "Bad",
    "word_2": "Poor",
    "word_3": "Fair",
    "word_4": "Good",
    "word_5": "Great",
    "delay": "2",
    "delay_unit": "days",
    "percent": "50",
    "days_between": "120",
    "low_score": "3",
    "follow_up_owner": "agent",
    "follow_up_days": "1",
}


@pytest.fixture
def address(world: World) -> str:
    return f"/admin/surveys/{world.brand.id}"


def stored(world: World) -> Survey:
    db.session.expire_all()
    found = survey_of(world.brand.id)
    assert found is not None
    return found


def test_before_it_is_set_up_the_proposal_is_shown(ada: FlaskClient, world: World, address: str) -> None:
    page = words(ada.get(address).text)
    assert "When it is switched on: All customers of Harrow &amp; Pine are asked an hour after" in page
    assert survey_of(world.brand.id) is None


def test_saving_says_in_plain_words_what_holds_now(ada: FlaskClient, world: World, address: str) -> None:
    assert ada.post(address, data=GOOD).status_code == 302
    survey = stored(world)
    assert (survey.enabled, survey.delay_minutes, survey.percent, survey.days_between) == (True, 2880, 50, 120)
    assert survey.words == ["Bad", "Poor", "Fair", "Good", "Great"]
    page = words(ada.get(address).text)
    assert "50 % of the customers of Harrow &amp; Pine are asked 2 days after" in page
    assert (
        "A score of 3 or less goes to the agent whose ticket it was, who comes back to the customer within a day"
        in page
    )
    assert 'name="delay_unit"' in ada.get(address).text


@pytest.mark.parametrize(
    "change",
    [
        {"question": ""},
        {"question": "x" * 201},
        {"word_3": ""},
        {"word_3": "Bad"},
        {"word_3": "x" * 41},
        {"delay": "-1"},
        {"delay": "31"},
        {"delay": "x"},
        {"delay_unit": "years"},
        {"percent": "0"},
        {"percent": "101"},
        {"days_between": "-1"},
        {"low_score": "5"},
        {"follow_up_owner": "nobody"},
        {"follow_up_days": "0"},
        {"brand_id": "7"},
    ],
    ids=str,
)
def test_what_does_not_fit_changes_nothing(
    ada: FlaskClient, world: World, address: str, change: dict[str, str]
) -> None:
    page = ada.post(address, data={**GOOD, **change})
    assert page.status_code == 422
    assert "Not saved yet" in page.text
    assert survey_of(world.brand.id) is None


def test_how_it_looks_is_shown_in_frames(ada: FlaskClient, world: World, address: str) -> None:
    ada.post(address, data=GOOD)
    mail, page = ada.get(f"{address}/mail"), ada.get(f"{address}/page")
    for shown in (mail, page):
        assert shown.status_code == 200
        assert "How was it?" in shown.text
        assert "Great" in shown.text
        assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert 'method="post"' not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_opt_outs_are_listed_added_and_ended(ada: FlaskClient, world: World) -> None:
    assert "Nobody so far" in ada.get("/admin/surveys").text
    assert ada.post("/admin/surveys/opt-outs", data={"address": " Dana@Customer.example "}).status_code == 302
    assert opting_out.is_out(world.dana.id)
    assert "dana@customer.example" in ada.get("/admin/surveys").text
    end = f"/admin/surveys/opt-outs/{world.dana.id}/end"
    assert ada.post(end).status_code == 302
    assert not opting_out.is_out(world.dana.id)
    assert ada.post(end).status_code == 404
    unknown = ada.post("/admin/surveys/opt-outs", data={"address": "who@else.example"})
    assert (unknown.status_code, "Nobody of this address" in unknown.text) == (422, True)


def test_the_newest_opt_outs_come_first(ada: FlaskClient, world: World) -> None:
    opting_out.opt_out(world.eve.id, SYSTEM, clock.now())
    db.session.commit()
    assert [identity.value for identity, _since in opting_out.newest(5)] == ["eve@customer.example"]
