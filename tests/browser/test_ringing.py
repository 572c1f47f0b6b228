"""A chat rings: two agents and a visitor in browsers of their own, from the first words to a second agent's answer."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_widget import OpenVisitor, _line, key, site, visit  # noqa: F401  # fixtures
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
ALICE, BOB = "alice@example.com", "bob@example.com"
SHOTS = os.environ.get("TICKETDESK_SHOTS")
"""A folder for pictures of what was seen."""
PATIENCE = 30_000


def look(page: Page, name: str) -> None:
    """Nothing keeps anybody out, and nothing runs over the edge."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")
    assert barriers(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def comes(page: Page) -> Page:
    """They take chats, and hear the bell."""
    page.goto("/desk/")
    page.wait_for_selector("[data-connected]")
    page.evaluate(
        """() => fetch("/desk/availability", {
            method: "POST",
            headers: {"X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content},
            body: new URLSearchParams({channel: "chat", state: "online"}),
        })"""
    )
    return page


def test_it_rings_goes_on_is_accepted_and_handed_over(
    product: Product,
    open_page: OpenPage,
    visit: OpenVisitor,  # noqa: F811
) -> None:
    product.rows("UPDATE queues SET strategy = 'manual', rings_for_s = 120, chat_waits_s = 900 RETURNING id")
    product.rows("UPDATE teams SET calendar_id = NULL RETURNING id")  # whatever the hour is
    # Only these two take chats.
    product.rows("UPDATE availabilities SET state = 'offline' WHERE channel = 'chat' RETURNING agent_id")
    alice, bob = comes(open_page(ALICE)), comes(open_page(BOB, "dark"))
    visitor = visit()
    visitor.open()
    words = f"The left armrest came off {time.time_ns()}"
    visitor.write(words)
    for page in (alice, bob):
        expect(page.locator("[data-ring]")).to_contain_text(words, timeout=PATIENCE)
    expect(alice.locator("#chats-said")).to_contain_text("A chat in")
    expect(alice).to_have_title(re.compile("^● 1 ringing"))
    look(alice, "ring-light")
    look(bob, "ring-dark")
    alice.get_by_role("button", name="Pass on").click()
    expect(alice.locator("[data-ring]")).to_have_count(0, timeout=PATIENCE)
    bob.keyboard.press("y")
    bob.wait_for_url("**/desk/tickets/*")
    expect(bob.locator(".td-strip__one[aria-current]")).to_be_visible(timeout=PATIENCE)
    look(bob, "chat-dark")
    bob.locator('textarea[name="text"]').first.fill("Hello, I am looking at it")
    bob.keyboard.press("Control+Enter")
    expect(visitor.said("I am looking at it")).to_be_visible(timeout=PATIENCE)
    bob.get_by_role("link", name="Hand over").click()
    bob.get_by_label(re.compile("^Alice")).check()
    bob.get_by_label(re.compile("^Note for them")).fill("Armrest of a Malmo, wants a new one")
    look(bob, "transfer-dark")
    bob.locator("#sheet").get_by_role("button", name="Hand over").click()
    expect(bob.locator("#chat-tools")).to_contain_text("rings for Alice", timeout=PATIENCE)
    expect(alice.locator("[data-ring]")).to_contain_text("hands a chat over to you", timeout=PATIENCE)
    expect(alice.locator("[data-ring]")).to_contain_text("wants a new one")
    look(alice, "transfer-rings-light")
    alice.get_by_role("button", name="Accept").click()
    alice.wait_for_url("**/desk/tickets/*")
    expect(alice.locator("#chat-tools")).to_contain_text("Hand over", timeout=PATIENCE)
    look(alice, "chat-light")
    alice.get_by_role("button", name="Let it wait").click()
    expect(visitor.said("need not wait")).to_have_count(1, timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_rings_on_a_phone(
    product: Product,
    open_page: OpenPage,
    visit: OpenVisitor,  # noqa: F811
    scheme: str,
) -> None:
    product.rows("UPDATE queues SET strategy = 'manual', rings_for_s = 120, chat_waits_s = 900 RETURNING id")
    product.rows("UPDATE teams SET calendar_id = NULL RETURNING id")
    product.rows("UPDATE availabilities SET state = 'offline' WHERE channel = 'chat' RETURNING agent_id")
    alice = comes(open_page(ALICE, scheme, PHONE))
    visitor = visit()
    visitor.open()
    visitor.write("Is anybody there?")
    expect(alice.locator("[data-ring]").first).to_be_visible(timeout=PATIENCE)
    look(alice, f"ring-phone-{scheme}")
    alice.locator("[data-accept] button").first.click()
    alice.wait_for_url("**/desk/tickets/*")
    expect(alice.locator("#chat-tools")).to_contain_text("Hand over", timeout=PATIENCE)
    look(alice, f"chat-phone-{scheme}")
