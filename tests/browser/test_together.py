"""Two agents at one ticket: they see each other, and neither answers what has changed without being asked."""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ALICE, BOB = "alice@example.com", "bob@example.com"
SOON = 20_000
PICTURES = os.environ.get("TICKETDESK_TEST_PICTURES")
"""A folder for pictures of what is tested, for whoever wants to look."""
BY_MAIL = (
    "SELECT min(t.number) FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.merged_into_id IS NULL"
)
A_CHAT = (
    "SELECT min(t.number) FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category <> 'closed' AND EXISTS (SELECT FROM participants p JOIN visitors v "
    "ON v.identity_id = p.identity_id WHERE p.ticket_id = t.id AND p.state = 'active' AND v.ended_at IS NULL)"
)
TYPE = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live import typing
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == int(sys.argv[1]))).one()
    typing.visitor_types(ticket.id, ticket.reference, sys.argv[2] or None, clock.now())
"""


def number_of(product: Product, query: str) -> int:
    return int(product.rows(query)[0][0])


def at(page: Page, number: int) -> Page:
    """The page of a ticket, live."""
    page.goto(f"/desk/tickets/{number}")
    expect(page.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def places(page: Page) -> list[object]:
    """Where things stand that nobody's coming may move."""
    found: list[object] = page.evaluate(
        "['#facts', '#scroll', '#composer', '#talk h1', '#list .td-row'].map(one => "
        "JSON.stringify(document.querySelector(one)?.getBoundingClientRect()))"
    )
    return found


def reply(page: Page) -> Locator:
    return page.locator('[data-box="reply"] textarea')


def test_each_sees_that_the_other_looks_and_writes(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, BY_MAIL)
    alice = at(open_page(ALICE), number)
    before = places(alice)
    bob = at(open_page(BOB, scheme="dark"), number)
    here = alice.locator("#here")
    expect(here).to_contain_text("Bob Lindqvist is looking", timeout=SOON)
    expect(bob.locator("#here")).to_contain_text("Alice Moreno is looking", timeout=SOON)
    reply(bob).fill("Dear")
    expect(here).to_contain_text("Bob Lindqvist is writing a reply", timeout=SOON)
    expect(alice.locator("#also")).to_contain_text("Bob Lindqvist is writing a reply")
    expect(alice.locator(f"#here-{number}").get_by_label("Bob Lindqvist is writing a reply")).to_be_visible(
        timeout=SOON
    )
    assert places(alice) == before, "nothing moves when somebody comes"
    picture(alice, "presence")
    picture(bob, "presence-dark")
    assert barriers(alice) == []
    alice.set_viewport_size(PHONE)
    picture(alice, "presence-phone")
    assert alice.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(alice) == []
    bob.goto("/desk/")
    expect(here).to_have_text("", timeout=SOON)
    expect(alice.locator("#also")).to_have_text("")


def test_two_answers_do_not_cross_unseen(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, BY_MAIL)
    alice, bob = at(open_page(ALICE), number), at(open_page(BOB), number)
    reply(alice).fill("I will send a new one.")
    reply(bob).fill("Bob has answered this already.")
    bob.locator('[data-box="reply"] [data-send]').click()
    expect(bob.locator("#entries")).to_contain_text("Bob has answered this already.", timeout=SOON)
    alice.locator('[data-box="reply"] [data-send]').click()
    asked = alice.get_by_role("dialog", name="Not sent yet")
    expect(asked).to_be_visible(timeout=SOON)
    expect(asked).to_contain_text("Bob has answered this already.")
    expect(alice.get_by_role("button", name="Edit my reply")).to_be_focused()
    picture(alice, "stale")
    assert barriers(alice) == []
    alice.set_viewport_size(PHONE)
    picture(alice, "stale-phone")
    alice.set_viewport_size({"width": 1440, "height": 900})
    alice.keyboard.press("Enter")
    expect(asked).to_be_hidden()
    expect(reply(alice)).to_be_focused()
    expect(reply(alice)).to_have_value("I will send a new one.")
    alice.keyboard.type(" As Bob said.")
    alice.locator('[data-box="reply"] [data-send]').click()
    expect(alice.locator("#entries")).to_contain_text("I will send a new one. As Bob said.", timeout=SOON)
    expect(alice.locator("#entries")).to_contain_text("Bob has answered this already.")


def test_it_can_be_sent_anyway(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, BY_MAIL)
    alice, bob = at(open_page(ALICE, scheme="dark"), number), at(open_page(BOB), number)
    reply(alice).fill("Sent all the same.")
    reply(bob).fill("Once more from Bob.")
    bob.locator('[data-box="reply"] [data-send]').click()
    expect(bob.locator("#entries")).to_contain_text("Once more from Bob.", timeout=SOON)
    alice.locator('[data-box="reply"] [data-send]').click()
    expect(alice.get_by_role("dialog", name="Not sent yet")).to_be_visible(timeout=SOON)
    picture(alice, "stale-dark")
    assert barriers(alice) == []
    alice.get_by_role("button", name="Send anyway").click()
    expect(alice.locator("#entries")).to_contain_text("Sent all the same.", timeout=SOON)
    expect(alice.get_by_role("dialog", name="Not sent yet")).to_be_hidden()
    expect(reply(alice)).to_have_value("")


def test_the_desk_shows_that_a_visitor_types(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, A_CHAT)
    alice = at(open_page(ALICE), number)
    typing = alice.locator("#typing")
    before = places(alice)
    product.script(TYPE, str(number), "")
    expect(typing).to_contain_text("is writing …", timeout=SOON)
    assert places(alice) == before, "its room was there"
    picture(alice, "typing")
    expect(typing).to_have_text("", timeout=SOON)
    product.script(TYPE, str(number), "Is the bench the same as in the " + json.dumps("spring catalogue"))
    expect(typing).to_contain_text("was told that you can see this", timeout=SOON)
    picture(alice, "typing-words")
    assert barriers(alice) == []


def test_availability_is_stated_by_keyboard_and_in_every_tab(open_page: OpenPage, product: Product) -> None:
    alice = open_page(ALICE)
    expect(alice.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    other = alice.context.new_page()
    other.goto("/desk/")
    expect(other.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    alice.bring_to_front()
    alice.locator('[popovertarget="availability"]').focus()
    alice.keyboard.press("Enter")
    picture(alice, "availability")
    assert barriers(alice) == []
    chat = alice.get_by_role("form", name="Chat").get_by_role("button", name="Away")
    chat.focus()
    alice.keyboard.press("Enter")
    expect(alice.locator('[popovertarget="availability"]')).to_contain_text("Chat", timeout=SOON)
    other.bring_to_front()
    expect(other.get_by_role("button", name="Away by chat")).to_be_attached(timeout=SOON)
