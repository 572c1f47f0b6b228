"""One chat with everything in it: two agents and a visitor, from the first ring to the visitor's return by mail."""

import re
import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, barriers
from tests.browser.test_circle import LET_TIME_PASS, answering, plain
from tests.browser.test_ringing import ALICE, BOB, PATIENCE, comes
from tests.browser.test_widget import OpenVisitor, _line, key, site, visit  # noqa: F401  # fixtures
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

VERA = "vera.lund@customer.test"


def writes(page: Page, words: str) -> None:
    page.locator('[data-box="reply"] textarea').fill(words)


def sends(page: Page) -> None:
    page.locator('[data-box="reply"] textarea').press("Control+Enter")


def shows(page: Page, words: str) -> None:
    expect(page.locator("#entries").get_by_text(words)).to_have_count(1, timeout=PATIENCE)


def mails(product: Product, words: str) -> list[EmailMessage]:
    return [one for one in product.sent_to(VERA) if words in plain(one)]


def test_a_chat_from_its_ring_to_the_visitors_return(
    product: Product,
    open_page: OpenPage,
    visit: OpenVisitor,  # noqa: F811
) -> None:
    product.rows("UPDATE queues SET strategy = 'manual', rings_for_s = 300, chat_waits_s = 900 RETURNING id")
    product.rows("UPDATE teams SET calendar_id = NULL RETURNING id")  # whatever the hour is
    product.rows("UPDATE availabilities SET state = 'offline' WHERE channel = 'chat' RETURNING agent_id")
    alice, bob, visitor = comes(open_page(ALICE)), comes(open_page(BOB, "dark")), visit()

    # it rings for both, one lets it pass, the other accepts and hands it over
    visitor.open()
    asked = f"Is Lundy too far for a bench {time.time_ns()}"
    visitor.frame.locator("#who").get_by_label("Email").fill(VERA)
    visitor.write(asked)
    for page in (alice, bob):
        expect(page.locator("[data-ring]")).to_contain_text(asked, timeout=PATIENCE)
    alice.get_by_role("button", name="Pass on").click()
    expect(alice.locator("[data-ring]")).to_have_count(0, timeout=PATIENCE)
    bob.locator("[data-accept] button").click()
    bob.wait_for_url("**/desk/tickets/*")
    writes(bob, "Hello, I am looking at it.")
    sends(bob)
    expect(visitor.said("I am looking at it.")).to_have_count(1, timeout=PATIENCE)
    bob.get_by_role("link", name="Hand over").click()
    bob.get_by_label(re.compile("^Alice")).check()
    bob.get_by_label(re.compile("^Note for them")).fill("You know the boats")
    bob.locator("#sheet").get_by_role("button", name="Hand over").click()
    expect(alice.locator("[data-ring]")).to_contain_text("You know the boats", timeout=PATIENCE)
    alice.get_by_role("button", name="Accept").click()
    alice.wait_for_url("**/desk/tickets/*")
    expect(alice.locator("#chat-tools")).to_contain_text("Hand over", timeout=PATIENCE)

    # two write at once: neither answer goes out unseen, once both know whose chat it is
    expect(bob.locator("#end")).to_have_attribute(
        "data-seq", alice.locator("#end").get_attribute("data-seq") or "", timeout=PATIENCE
    )
    writes(alice, "By boat.")
    writes(bob, "I asked the harbour.")
    sends(bob)
    shows(bob, "I asked the harbour.")
    sends(alice)
    not_yet = alice.get_by_role("dialog", name="Not sent yet")
    expect(not_yet).to_contain_text("I asked the harbour.", timeout=PATIENCE)
    assert barriers(alice) == []
    alice.get_by_role("button", name="Edit my reply").click()
    visitor.write("Anything by train?")
    shows(alice, "Anything by train?")
    alice.keyboard.type(" On Tuesdays.")
    sends(alice)
    expect(visitor.said("By boat. On Tuesdays.")).to_have_count(1, timeout=PATIENCE)  # visitors are not waited for
    shows(bob, "On Tuesdays.")
    shows(bob, "Anything by train?")
    writes(alice, "The train ends at Bideford.")
    writes(bob, "There is no train.")
    sends(bob)
    shows(bob, "There is no train.")
    sends(alice)
    expect(not_yet).to_contain_text("There is no train.", timeout=PATIENCE)
    alice.get_by_role("button", name="Send anyway").click()
    expect(visitor.said("The train ends at Bideford.")).to_have_count(1, timeout=PATIENCE)
    expect(visitor.said("You know the boats")).to_have_count(0)
    assert barriers(visitor.frame) == []

    # who types on while an answer is being sent goes on, and the next one is another message
    expect(not_yet).to_have_count(0)
    on_its_way: list[Route] = []
    alice.route("**/replies", lambda route: on_its_way.append(route))
    writes(alice, "The bus meets it.")
    sends(alice)
    while not on_its_way:
        alice.wait_for_timeout(20)
    alice.keyboard.type(" Twice a day.")
    sends(alice)  # too soon: it is neither sent now, nor by itself afterwards
    on_its_way[0].continue_()
    alice.unroute("**/replies")
    shows(alice, "The bus meets it.")
    expect(alice.locator('[data-box="reply"] textarea')).to_have_value("Twice a day.")
    expect(alice.locator('[data-box="reply"] textarea')).to_be_focused()
    sends(alice)
    expect(visitor.said("Twice a day.")).to_have_count(1, timeout=PATIENCE)
    expect(visitor.said("The bus meets it.")).to_have_count(1)
    expect(alice.locator('[data-box="reply"] textarea')).to_have_value("")

    # the visitor leaves, the answer goes by mail, is answered by mail, and goes on by mail
    address = visitor.page.url
    visitor.page.goto("about:blank")
    writes(alice, "The next boat leaves on the fourth.")
    sends(alice)
    shows(alice, "The next boat leaves on the fourth.")

    def missed() -> list[EmailMessage]:
        product.script(LET_TIME_PASS)
        return mails(product, "leaves on the fourth")

    [burst] = until(missed, "the unread answer by mail", 120)
    number = int(re.findall(r"/tickets/(\d+)", alice.url)[0])
    taken = product.ingest(answering(burst, "Then keep one for me, please.", VERA).as_bytes())
    assert (taken["outcome"], taken["ticket"]) == ("appended", number)
    shows(alice, "Then keep one for me, please.")
    alice.reload()
    alice.wait_for_selector("[data-connected]")
    writes(alice, "It is kept for you.")
    sends(alice)
    assert barriers(alice) == []
    until(lambda: mails(product, "It is kept for you."), "the answer by mail", 120)

    # the visitor comes back, and everything is there once, on both sides
    visitor.arrive(address)
    visitor.open()
    said = [
        asked,
        "Hello, I am looking at it.",
        "I asked the harbour.",
        "Anything by train?",
        "By boat. On Tuesdays.",
        "There is no train.",
        "The train ends at Bideford.",
        "The next boat leaves on the fourth.",
        "Then keep one for me, please.",
        "It is kept for you.",
    ]
    for words in said:
        expect(visitor.said(words)).to_have_count(1, timeout=PATIENCE)
        shows(alice, words)
    visitor.write("Thank you!")
    shows(alice, "Thank you!")
    for page in (alice, bob, visitor.frame):
        assert barriers(page) == []
    assert len(mails(product, "It is kept for you.")) == len(mails(product, "leaves on the fourth")) == 1
