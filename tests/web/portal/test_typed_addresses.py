"""An address that somebody typed opens nothing but its own ticket, whatever that is merged with (SECURITY R12, R16)."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for, with_token
from tests.web.portal.test_forms import build, filled, newest
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import merging, opening, progress, receiving, tracking
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.ticket import Ticket

SECRET = "The gate opens with 4711"


@pytest.fixture
def moment() -> datetime:
    return clock.now() - timedelta(hours=1)


@pytest.fixture
def by_mail(world: World, moment: datetime) -> Ticket:
    """A ticket that dana wrote herself."""
    ticket = open_for(world, world.care_queue, at=moment)
    receiving.receive(ticket, world.dana, Letter(channel="email", text=SECRET), moment)
    db.session.commit()
    return ticket


@pytest.fixture
def token(client: FlaskClient, world: World, by_mail: Ticket) -> str:
    """What somebody is shown who filled in a form as dana."""
    sent = client.post("/forms/contact", data=filled(build(world)))
    return client.get(sent.location).text.partition("/t/")[2].partition('"')[0]


@pytest.mark.parametrize("survives", ["mail", "form"])
def test_the_link_of_a_form_opens_nothing_that_its_ticket_is_merged_with(
    client: FlaskClient, world: World, by_mail: Ticket, token: str, survives: str
) -> None:
    assert client.get(f"/t/{token}").status_code == 200
    pair = (newest(), by_mail) if survives == "mail" else (by_mail, newest())
    merging.merge(*pair, world.alice.actor, clock.now())
    db.session.commit()
    mailed = tracking.link_for(pair[0].id, world.dana.id, clock.now())
    db.session.commit()
    answer = client.get(f"/t/{token}")
    assert (answer.status_code, answer.location) == (303, "/my/sign-in")
    assert "joined with another" in client.get("/my/sign-in").text
    assert client.get(f"/t/{token}?after=0").status_code == 303
    written = with_token(client).post(f"/t/{token}/answers", data={"text": "It is me", "client_key": "one"})
    assert written.location == "/my/sign-in"
    assert SECRET in client.get(f"/t/{mailed}").text
    merging.undo(pair[0], world.alice.actor, clock.now())
    db.session.commit()
    alone = client.get(f"/t/{token}")
    assert alone.status_code == 200
    assert SECRET not in alone.text


def test_a_closed_ticket_hands_on_no_better_link(
    client: FlaskClient, world: World, by_mail: Ticket, token: str
) -> None:
    first = newest()
    closed = db.session.scalars(select(Status).where(Status.category == "closed")).first()
    assert closed is not None
    progress.change_status(first, closed, SYSTEM, clock.now())
    db.session.commit()
    answer = with_token(client).post(f"/t/{token}/answers", data={"text": "Once more", "client_key": "one"})
    second = newest()
    assert second.follows_id == first.id
    merging.merge(second, by_mail, world.alice.actor, clock.now())
    db.session.commit()
    assert client.get(answer.location).location == "/my/sign-in"


def test_ending_a_link_ends_the_shown_one(client: FlaskClient, world: World, by_mail: Ticket, token: str) -> None:
    tracking.revoke(newest().id, world.dana.id, clock.now())
    db.session.commit()
    assert client.get(f"/t/{token}").status_code == 404


def test_a_link_mailed_while_two_were_one_leads_its_owner_back(
    client: FlaskClient, world: World, by_mail: Ticket, moment: datetime
) -> None:
    """Those who take part in one of the two go there, and nobody gets to the other."""
    of_eve = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.eve,
        subject="Another matter",
        channel="email",
        by=Actor("contact", world.eve.id),
        at=moment,
    )
    receiving.receive(of_eve, world.eve, Letter(channel="email", text="A wobbling table"), moment)
    merging.merge(by_mail, of_eve, world.alice.actor, moment, widen=True)
    danas, eves = (tracking.link_for(of_eve.id, who.id, moment) for who in (world.dana, world.eve))
    merging.undo(by_mail, world.alice.actor, moment)
    db.session.commit()
    for mailed, own, other in ((danas, SECRET, "wobbling"), (eves, "wobbling", SECRET)):
        page = client.get(f"/t/{mailed}")
        assert page.status_code == 200
        assert own in page.text
        assert other not in page.text
