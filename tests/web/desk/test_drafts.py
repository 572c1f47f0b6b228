"""Drafts: kept while typing, each with one owner."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import World
from tests.web.desk.conftest import Browser, htmx
from ticketdesk.core.db import db
from ticketdesk.tickets import drafts
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.ticket import Ticket


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_is_typed_is_there_again(alice: FlaskClient, world: World, ticket: Ticket, kind: str) -> None:
    answer = alice.put(f"/desk/tickets/{ticket.number}/drafts/{kind}", data={"text": "Half a sente"})
    assert answer.status_code == 200
    assert answer.get_json()["said"].startswith("Saved")
    assert "Half a sente" in alice.get(f"/desk/tickets/{ticket.number}").text


def test_a_draft_is_nobody_elses(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    alice.put(f"/desk/tickets/{ticket.number}/drafts/note", data={"text": "My secret thought"})
    assert "My secret thought" not in browser("bob").get(f"/desk/tickets/{ticket.number}").text


def test_who_was_left_out_stays_left_out(alice: FlaskClient, ticket: Ticket) -> None:
    alice.put(f"/desk/tickets/{ticket.number}/drafts/reply", data={"text": "x", "cc": ["eve@customer.example"]})
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    dana = page.partition('value="dana@customer.example"')[2].partition(">")[0]
    eve = page.partition('value="eve@customer.example"')[2].partition(">")[0]
    assert "checked" not in dana and "checked" in eve


def test_the_ladder(browser: Browser, reader: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/reply"
    assert reader.put(address, data={"text": "x"}).status_code == 403
    assert browser("bob").put(address, data={"text": "x" * 300_001}).status_code == 422
    assert browser("bob").put(address, data={"unknown": "x"}).status_code == 422
    assert browser("bob").put(f"/desk/tickets/{ticket.number}/drafts/poem", data={"text": "x"}).status_code == 404
    assert browser("bob").get(address).status_code == 405


def test_strangers_learn_nothing(browser: Browser, ticket: Ticket) -> None:
    assert browser("carol").put(f"/desk/tickets/{ticket.number}/drafts/note", data={"text": "x"}).status_code == 404


def test_files_are_put_on_and_taken_off(alice: FlaskClient, browser: Browser, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/reply/files"
    shown = alice.post(address, data={"files": [(io.BytesIO(b"abc"), "plan.pdf")]}, headers=htmx())
    assert shown.status_code == 200 and "plan.pdf" in shown.text
    file = db.session.scalars(select(Attachment)).one()
    assert browser("bob").delete(f"{address}/{file.reference}", headers=htmx()).status_code == 404
    assert "plan.pdf" not in alice.delete(f"{address}/{file.reference}", headers=htmx()).text
    assert alice.delete(f"{address}/{file.reference}", headers=htmx()).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_too_many_files_are_refused(alice: FlaskClient, ticket: Ticket) -> None:
    many = [(io.BytesIO(b"x"), f"{n}.txt") for n in range(21)]
    answer = alice.post(f"/desk/tickets/{ticket.number}/drafts/reply/files", data={"files": many}, headers=htmx())
    assert answer.status_code == 422
    assert "At most 20 files" in answer.headers["HX-Trigger"]


def test_too_many_files_are_refused_also_one_after_the_other(alice: FlaskClient, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/reply/files"
    for expected in (200, 422):
        some = [(io.BytesIO(b"x"), f"{n}.txt") for n in range(12)]
        assert alice.post(address, data={"files": some}, headers=htmx()).status_code == expected
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 12


def test_a_draft_is_thrown_away(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/note"
    alice.put(address, data={"text": "x"})
    assert alice.delete(address).status_code == 204
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0
    assert drafts.draft_of(ticket, world.alice, "note") is None
    assert alice.delete(address).status_code == 204
