"""On the desk: a customer's own link to a ticket, handed on or ended."""

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from tests.people import World, open_for, sign_in
from ticketdesk.core import clock
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World) -> Ticket:
    found = open_for(world, world.care_queue, at=clock.now())
    db.session.commit()
    return found


@pytest.fixture
def alice(client: FlaskClient, world: World) -> FlaskClient:
    return sign_in(client, world.alice)


def link(browser: FlaskClient, ticket: Ticket) -> str | None:
    page = LexborHTMLParser(browser.get(f"/desk/tickets/{ticket.number}/customer-links").text)
    found = page.css_first("code")
    return found.text() if found is not None else None


def test_a_link_is_made_followed_and_ended(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    place = f"/desk/tickets/{ticket.number}/customer-links/{world.dana.id}"
    assert link(alice, ticket) is None
    assert alice.post(place).status_code == 303
    made = link(alice, ticket)
    assert made is not None
    assert alice.post(place).status_code == 303
    assert link(alice, ticket) == made
    way = "/t/" + made.rpartition("/")[2]
    assert alice.get(way).status_code == 200
    assert alice.post(f"{place}/revocation", headers={"HX-Request": "true"}).status_code == 200
    assert link(alice, ticket) is None
    assert alice.get(way).status_code == 404
    assert db.session.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "customer_link_revoked"


def test_only_those_who_take_part_have_links(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    for action in ("", "/revocation"):
        place = f"/desk/tickets/{ticket.number}/customer-links/{world.eve.id}{action}"
        assert alice.post(place).status_code == 404


def test_the_side_panel_leads_there(alice: FlaskClient, ticket: Ticket) -> None:
    assert f"/desk/tickets/{ticket.number}/customer-links" in alice.get(f"/desk/tickets/{ticket.number}").text
