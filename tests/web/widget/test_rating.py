"""How it was, said beside the talk: once for each solution, for those who asked, and never by looking."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.channels.chat.talks import DANA, answers, widget_of
from tests.people import World
from tests.web.widget.conftest import Browser
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, OutboxRow
from ticketdesk.surveys import dispatching, planning, settings
from ticketdesk.surveys.answer import SurveyAnswer, SurveyAnswerEdit
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.settings import Rules
from ticketdesk.tickets import progress
from ticketdesk.tickets.timeline import Event

Comes = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _asked(world: World, widget: Widget) -> None:
    settings.save(world.brand.id, Rules(enabled=True), SYSTEM, clock.now())
    db.session.commit()


@pytest.fixture
def browser(world: World, comes: Comes) -> Browser:
    """A visitor whose talk an agent answered and solved."""
    browser = comes(name="Dana", email=DANA)
    browser.says("The armrest came off")
    answers(world.alice, browser.ticket, "A new one is on its way", clock.now())
    return browser


def solve(world: World, browser: Browser) -> None:
    progress.solve(browser.ticket, Actor("agent", world.alice.id), clock.now())
    db.session.commit()


def state(browser: Browser) -> str:
    return browser.get("talk").headers["X-State"]


def answered() -> list[SurveyAnswer]:
    return list(db.session.scalars(select(SurveyAnswer).execution_options(populate_existing=True)))


def decide() -> tuple[str, str | None]:
    """The background task that would mail the survey."""
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == planning.TASK)).one()
    done = dispatching.decide(
        Claim(row.id, "token", row.task, row.payload, attempts=1), clock.now() + timedelta(hours=2)
    )
    db.session.commit()
    return done


def test_it_is_asked_when_the_talk_is_over(world: World, browser: Browser, comes: Comes) -> None:
    assert state(comes()) == "none"
    assert state(browser) == "open"
    assert browser.get("rating").status_code == 404
    solve(world, browser)
    assert state(browser) == "asked"
    page = browser.get("rating")
    assert "How content are you with our help?" in page.text
    assert page.text.count('type="radio"') == 5
    assert answered() == []


def test_looking_records_nothing(world: World, browser: Browser) -> None:
    solve(world, browser)
    for _look in range(5):
        browser.get("rating?score=5")
        browser.get("talk")
    assert answered() == []
    assert db.session.scalars(select(SurveyInvitation.state)).all() == ["waiting"]


def test_an_answer_is_kept_and_no_mail_is_sent(world: World, browser: Browser) -> None:
    solve(world, browser)
    answer = browser.post("rating", score="4", comment="Quick!")
    assert answer.status_code == 200 and "Thank you." in answer.text
    kept = answered()[0]
    assert (kept.score, kept.comment, kept.wording["question"]) == (4, "Quick!", settings.QUESTION)
    invitation = db.session.get_one(SurveyInvitation, kept.invitation_id)
    assert (invitation.state, invitation.channel, invitation.agent_id) == ("answered", "chat", world.alice.id)
    assert (invitation.team_id, invitation.message_id) == (world.care_queue.team_id, None)
    assert decide() == ("done", None)
    assert db.session.scalar(select(func.count()).where(OutboxRow.task == "mail.survey")) == 0
    kinds = db.session.scalars(select(Event.kind).where(Event.ticket_id == browser.ticket.id)).all()
    assert kinds.count("survey_answered") == 1 and "survey_sent" not in kinds


def test_what_was_read_is_kept_with_the_score(world: World, browser: Browser) -> None:
    solve(world, browser)
    browser.client.post(
        f"/widget/{browser.key}/rating", headers={**browser.headers, "Accept-Language": "de"}, data={"score": "5"}
    )
    assert answered()[0].wording["question"] == "Wie zufrieden sind Sie mit unserer Hilfe?"
    assert answered()[0].wording["words"][4] == "Sehr zufrieden"


def test_a_change_keeps_what_was_said_before(world: World, browser: Browser) -> None:
    solve(world, browser)
    browser.post("rating", score="2")
    browser.post("rating", score="2")
    assert db.session.scalar(select(func.count()).select_from(SurveyAnswerEdit)) == 0
    browser.post("rating", score="5", comment="After all")
    assert [(one.score, one.comment) for one in answered()] == [(5, "After all")]
    assert db.session.scalars(select(SurveyAnswerEdit.score)).all() == [2]


def test_it_cannot_be_changed_after_a_day(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    solve(world, browser)
    browser.post("rating", score="4")
    kept = answered()[0]
    kept.answered_at -= timedelta(hours=25)
    db.session.commit()
    assert browser.post("rating", score="1").status_code == 409
    assert "<form" not in browser.get("rating").text


@pytest.mark.parametrize("score", ["0", "6", "-1", "x", "", "5.5"])
def test_only_what_is_on_the_scale(world: World, browser: Browser, score: str) -> None:
    solve(world, browser)
    assert browser.post("rating", score=score).status_code == 422
    assert answered() == []


def test_a_survey_that_was_mailed_is_the_same(world: World, browser: Browser) -> None:
    solve(world, browser)
    decide()
    assert db.session.scalars(select(SurveyInvitation.state)).all() == ["sent"]
    assert browser.post("rating", score="3").status_code == 200
    assert db.session.scalar(select(func.count()).select_from(SurveyInvitation)) == 1
    assert [one.score for one in answered()] == [3]


def test_whoever_was_mailed_lately_may_still_be_offered_it(world: World, comes: Comes) -> None:
    """The ninety days are for what we send; an offer beside the talk is sent to nobody."""
    for _talk in range(2):
        browser = comes(name="Dana", email=DANA)
        browser.says("The armrest came off")
        answers(world.alice, browser.ticket, "A new one is on its way", clock.now())
        solve(world, browser)
        assert browser.post("rating", score="5").status_code == 200
    assert len(answered()) == 2


def test_without_an_address_it_is_offered_as_well(world: World, comes: Comes) -> None:
    browser = comes()
    browser.says("Hello")
    answers(world.alice, browser.ticket, "Hello", clock.now())
    solve(world, browser)
    assert browser.post("rating", score="5").status_code == 200


def test_where_nobody_answered_nothing_is_asked(world: World, comes: Comes) -> None:
    browser = comes()
    browser.says("Never mind")
    assert browser.post("end").status_code == 204
    assert state(browser) == "over"
    assert browser.get("rating").status_code == 404
    assert browser.post("rating", score="5").status_code == 404


def test_reopened_means_not_asked(world: World, browser: Browser) -> None:
    solve(world, browser)
    browser.says("It came off again")
    assert state(browser) == "open"
    assert browser.post("rating", score="1").status_code == 404


def test_switched_off_means_not_asked(world: World, browser: Browser) -> None:
    solve(world, browser)
    settings.save(world.brand.id, Rules(enabled=False), SYSTEM, clock.now())
    db.session.commit()
    assert state(browser) == "over"
    assert browser.post("rating", score="1").status_code == 404


def test_a_visitor_ends_the_talk(world: World, browser: Browser) -> None:
    assert browser.post("end").status_code == 204
    assert browser.post("end").status_code == 204
    assert browser.ticket.category == "solved"
    assert state(browser) == "asked"
    solved = db.session.scalars(select(Event).where(Event.kind == "status_changed")).all()[-1]
    assert (solved.actor_kind, solved.actor_id) == ("contact", browser.visitor.identity_id)
    browser.says("One more thing")
    assert state(browser) == "open"


def test_nobody_rates_or_ends_the_talk_of_another(world: World, browser: Browser, comes: Comes) -> None:
    """CH-04: without a token, with one of another visitor, of another widget, made up, or ended."""
    solve(world, browser)
    other, nobody = comes(), Browser(browser.client, browser.key)
    other.says("Mine")
    elsewhere = Browser(browser.client, widget_of(world, world.orders_queue).key, browser.token)
    made_up = Browser(browser.client, browser.key, "x" * 43)
    for attack in (nobody, elsewhere, made_up):
        assert attack.get("rating").status_code == 401
        for what in ("rating", "end", "transcript"):
            assert attack.post(what, score="1").status_code == 401
    assert other.get("rating").status_code == 404
    assert other.post("rating", score="1").status_code == 404
    browser.visitor.ended_at = clock.now()
    db.session.commit()
    assert browser.post("rating", score="1").status_code == 401
    assert answered() == []


def test_no_other_verbs(client: FlaskClient, widget: Widget) -> None:
    assert client.get(f"/widget/{widget.key}/end").status_code == 405
    assert client.get(f"/widget/{widget.key}/transcript").status_code == 405
    assert client.put(f"/widget/{widget.key}/rating").status_code == 405
