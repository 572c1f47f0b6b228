"""The list of customers to come back to: what one may see, due first, until it is done."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for, sign_in
from tests.surveys.asked import asked
from tests.web.desk.conftest import words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.surveys import answering, following_up
from ticketdesk.surveys.follow_up import FollowUp


@pytest.fixture
def sam(app: Flask, world: World) -> FlaskClient:
    """The supervisor of Care."""
    return sign_in(app.test_client(), world.sam)


def discontent(world: World, subject: str, days_ago: int, *, in_orders: bool = False) -> FollowUp:
    """A ticket whose customer gave a score of 1; committed."""
    at = clock.now() - timedelta(days=days_ago)
    ticket = open_for(world, world.orders_queue if in_orders else world.care_queue, subject)
    made = asked(world, ticket, at)
    answer = answering.answer(made.id, 1, f"About {subject}", at)
    db.session.commit()
    return db.session.scalars(select(FollowUp).where(FollowUp.answer_id == answer.id)).one()


def test_what_is_due_first_comes_first_and_says_so(sam: FlaskClient, world: World) -> None:
    discontent(world, "Newer", 0)
    discontent(world, "Older", 5)
    page = words(sam.get("/supervisor/follow-ups").text)
    assert "2 customers were not content" in page
    assert page.index("Older") < page.index("Newer")
    assert page.count("late") == 1
    assert "1 of 5 Not at all" in page
    assert "Sam" in page


def test_only_what_one_may_see(sam: FlaskClient, world: World) -> None:
    discontent(world, "Of another team", 0, in_orders=True)
    page = words(sam.get("/supervisor/follow-ups").text)
    assert "Of another team" not in page
    assert "Nothing to come back to" in page


def test_only_mine(app: Flask, sam: FlaskClient, world: World) -> None:
    discontent(world, "Sams", 0)
    ada = sign_in(app.test_client(), world.ada)
    assert "Sams" in ada.get("/supervisor/follow-ups").text
    assert "Sams" not in ada.get("/supervisor/follow-ups?mine=1").text
    assert "Sams" in sam.get("/supervisor/follow-ups?mine=1").text


def test_what_is_done_is_gone(sam: FlaskClient, world: World) -> None:
    task = discontent(world, "Done", 0)
    following_up.finish(task, "We called.", world.sam, clock.now())
    db.session.commit()
    assert "Nothing to come back to" in words(sam.get("/supervisor/follow-ups").text)


def test_agents_may_not(app: Flask, world: World) -> None:
    assert sign_in(app.test_client(), world.alice).get("/supervisor/follow-ups").status_code == 403
