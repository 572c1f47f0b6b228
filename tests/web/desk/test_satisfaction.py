"""Beside a ticket: what its customer said of it, and coming back to one who was not content."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for
from tests.surveys.asked import asked
from tests.web.desk.conftest import Browser, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.surveys import answering
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets import merging
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def sent(world: World, ticket: Ticket) -> SurveyInvitation:
    now = clock.now()
    return asked(world, ticket, now, due_at=now + timedelta(hours=1))


def side(client: FlaskClient, ticket: Ticket) -> str:
    page = client.get(f"/desk/tickets/{ticket.number}").text
    return words(page.partition('id="side"')[2])


def answer(sent: SurveyInvitation, score: int, comment: str = "") -> None:
    answering.answer(sent.id, score, comment, clock.now())
    db.session.commit()


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("waiting", None, "will be asked"),
        ("sent", None, "no answer yet"),
        ("skipped", "asked_lately", "Not asked: the customer was asked not long ago."),
        ("cancelled", "reopened", "Not asked: the ticket was opened again."),
    ],
)
def test_whether_they_were_asked_and_why_not(
    alice: FlaskClient, ticket: Ticket, sent: SurveyInvitation, state: str, reason: str | None, said: str
) -> None:
    sent.state, sent.reason = state, reason
    db.session.commit()
    assert said in side(alice, ticket)


def test_a_ticket_never_solved_says_nothing(alice: FlaskClient, ticket: Ticket) -> None:
    assert "Satisfaction" not in side(alice, ticket)


def test_the_score_stands_in_number_and_words_with_the_comment(
    alice: FlaskClient, ticket: Ticket, sent: SurveyInvitation
) -> None:
    answer(sent, 4, "Quick & <kind>.")
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "4 of 5 Content" in words(page)
    assert "Quick &amp; &lt;kind&gt;." in page
    assert "The customer answered the survey: 4" in words(page)


def test_a_low_score_is_somebodys_and_done_with_an_outcome(
    browser: Browser, world: World, ticket: Ticket, sent: SurveyInvitation
) -> None:
    answer(sent, 1, "Nobody came.")
    task = db.session.scalars(select(FollowUp)).one()
    assert "Sam comes back to the customer by" in side(browser("alice"), ticket)
    address = f"/desk/tickets/{ticket.number}/follow-ups/{task.id}/outcome"
    assert browser("sam").post(address, data={"outcome": "We called."}).status_code == 303
    assert "Done: We called." in side(browser("alice"), ticket)
    assert browser("sam").post(address, data={"outcome": "Again."}).status_code == 409


def test_the_ladder(
    browser: Browser, reader: FlaskClient, world: World, ticket: Ticket, sent: SurveyInvitation
) -> None:
    answer(sent, 1)
    task = db.session.scalars(select(FollowUp)).one()
    address = f"/desk/tickets/{ticket.number}/follow-ups/{task.id}/outcome"
    assert reader.post(address, data={"outcome": "x"}).status_code == 403
    assert "What came of it?" not in side(reader, ticket)
    for data in ({}, {"outcome": ""}, {"outcome": "x" * 2001}, {"outcome": "x", "owner": "1"}):
        assert browser("bob").post(address, data=data).status_code == 422
    assert browser("bob").get(address).status_code == 405
    missing = f"/desk/tickets/{ticket.number}/follow-ups/999999/outcome"
    assert browser("bob").post(missing, data={"outcome": "x"}).status_code == 404
    assert browser("bob").post(address, data={"outcome": "We called."}).status_code == 303


def test_a_follow_up_is_reached_through_its_own_ticket_only(
    browser: Browser, world: World, ticket: Ticket, sent: SurveyInvitation, write: object
) -> None:
    answer(sent, 1)
    task = db.session.scalars(select(FollowUp)).one()
    other = write("Another thing").ticket  # type: ignore[operator]
    wrong = f"/desk/tickets/{other.number}/follow-ups/{task.id}/outcome"
    assert browser("ada").post(wrong, data={"outcome": "x"}).status_code == 404
    own = f"/desk/tickets/{ticket.number}/follow-ups/{task.id}/outcome"
    assert browser("carol").post(own, data={"outcome": "x"}).status_code == 404


@pytest.mark.parametrize("where", ["source", "survivor"])
def test_a_follow_up_of_a_ticket_that_was_merged_is_done_in_either(
    browser: Browser, world: World, ticket: Ticket, sent: SurveyInvitation, where: str
) -> None:
    answer(sent, 1)
    survivor = open_for(world, world.care_queue)
    merging.merge(ticket, survivor, world.alice.actor, clock.now(), widen=True)
    db.session.commit()
    task = db.session.scalars(select(FollowUp)).one()
    number = {"source": ticket, "survivor": survivor}[where].number
    address = f"/desk/tickets/{number}/follow-ups/{task.id}/outcome"
    assert address in browser("alice").get(f"/desk/tickets/{number}").text
    assert browser("alice").post(address, data={"outcome": "We called."}).status_code == 303
    db.session.refresh(task)
    assert (task.outcome, task.done_by_id) == ("We called.", world.alice.id)
