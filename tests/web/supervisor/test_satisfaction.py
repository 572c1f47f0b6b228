"""Satisfaction on the page: shares with what they rest on, what customers said, whose they are."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World, open_for
from tests.web.desk.conftest import counted
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.reports import satisfaction
from ticketdesk.reports.measuring import Scope
from ticketdesk.reports.periods import latest
from ticketdesk.reports.satisfaction import Mood
from ticketdesk.surveys import settings
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.invitation import SurveyInvitation

PAGE = "/supervisor/satisfaction"


def asked(world: World, score: int | None, comment: str = "", *, in_orders: bool = False, sent: bool = True) -> None:
    """A ticket about which its customer was asked yesterday, with the answer if there is one; committed."""
    at = clock.now() - timedelta(days=1)
    survey = settings.save(world.brand.id, settings.Rules(enabled=True), SYSTEM, at)
    queue = world.orders_queue if in_orders else world.care_queue
    ticket = open_for(world, queue, "A torn cushion")
    invitation = SurveyInvitation(
        survey_id=survey.id,
        ticket_id=ticket.id,
        cycle=1,
        kind="csat",
        solved_at=at,
        solved_by="agent",
        due_at=at,
        state="skipped" if not sent else "sent" if score is None else "answered",
        reason=None if sent else "not_drawn",
        decided_at=at,
        agent_id=world.alice.id,
        team_id=queue.team_id,
        queue_id=queue.id,
        channel="email",
        sent_at=at if sent else None,
    )
    db.session.add(invitation)
    db.session.flush()
    if score is not None:
        db.session.add(
            SurveyAnswer(
                invitation_id=invitation.id,
                kind="csat",
                score=score,
                comment=comment,
                wording={"question": "How was it?", "words": []},
                direction="high_is_good",
                answered_at=at,
            )
        )
    db.session.commit()


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}.csv"])
def test_who_may_look(browser: Callable[[str], FlaskClient], address: str) -> None:
    assert browser("sam").get(address).status_code == 200
    assert browser("alice").get(address).status_code == 403
    assert browser("sam").post(address).status_code == 405


def test_nobody_was_asked(sam: FlaskClient) -> None:
    assert "Nobody was asked in these days" in sam.get(PAGE).text


def test_shares_beside_what_they_rest_on(sam: FlaskClient, world: World) -> None:
    for score in (5, 4, 2, None, None):
        asked(world, score)
    asked(world, None, sent=False)
    asked(world, 1, in_orders=True)
    scope = Scope(world.sam, latest(7, "UTC", clock.now()))
    assert satisfaction.overall(scope) == Mood(5, 3, 2)
    assert satisfaction.by(scope, "queue") == {world.care_queue.id: Mood(5, 3, 2)}
    assert satisfaction.by(scope, "assignee") == {world.alice.id: Mood(5, 3, 2)}
    assert satisfaction.scores(scope) == {1: 0, 2: 1, 3: 0, 4: 1, 5: 1}
    assert sum(mood.asked for mood in satisfaction.by_day(scope).values()) == 5
    page = sam.get(PAGE).text
    assert "66.7" in page
    assert "60.0" in page
    assert "few" in page
    assert satisfaction.overall(Scope(world.ada, scope.period)) == Mood(6, 4, 2)


def test_what_customers_said(sam: FlaskClient, world: World) -> None:
    asked(world, 5, "Quick & kind")
    asked(world, 1, "=cmd|' /C calc'!A0")
    asked(world, 1, "Not for sam", in_orders=True)
    page = sam.get(PAGE).text
    assert "Quick &amp; kind" in page
    assert "Not for sam" not in page
    found = list(csv.DictReader(io.StringIO(sam.get(f"{PAGE}.csv").data.decode("utf-8-sig"), newline="")))
    assert {row["comment"] for row in found} == {"Quick & kind", "'=cmd|' /C calc'!A0"}


def test_the_page_asks_little(sam: FlaskClient, world: World) -> None:
    for score in (5, 4, 2, None):
        asked(world, score)
    sam.get(PAGE)
    with counted() as ran:
        assert sam.get(PAGE).status_code == 200
    assert len(ran) <= 14, ran
