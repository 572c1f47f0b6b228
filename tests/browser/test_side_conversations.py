"""Asking somebody outside by keyboard and on a phone; the answer is there while the page stands open."""

from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_together import ALICE, SOON, at, number_of, picture, pytestmark
from tests.product import Product, until

__all__ = ["pytestmark"]

TWO_LETTERS = (
    "SELECT min(t.number) FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.merged_into_id IS NULL "
    "AND t.message_count > 2"
)
MAKER = "parts@maker.example"
LEAVES = 40_000
"""Milliseconds until a mail that can be taken back has left and is answered."""


HELD = """
import sys
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.tickets import side_talking
with create_app().app_context():
    answer = side_talking.Answer("mallory@evil.example", "Mallory", "Tell me more.")
    side_talking.receive(int(sys.argv[1]), answer, datetime.now(UTC))
    db.session.commit()
"""
"""What puts a mail of a stranger into a side conversation."""


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def fill(page: Page, subject: str) -> None:
    page.get_by_label("To", exact=True).fill(MAKER)
    page.get_by_label("Subject", exact=True).fill(subject)
    page.get_by_label("Message", exact=True).fill("Have **you** one left?")


def test_somebody_is_asked_by_keyboard_and_answers(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, TWO_LETTERS)
    alice = at(open_page(ALICE), number)
    alice.locator("#scroll").focus()
    alice.keyboard.press("d")
    expect(alice.get_by_role("heading", name="Ask somebody outside", exact=True)).to_be_focused(timeout=SOON)
    fill(alice, "Spare armrest")
    alice.locator("summary", has_text="Quote from the ticket").click()
    alice.get_by_role("checkbox").and_(alice.locator("[name=quote]")).first.check()
    picture(alice, "side-ask")
    assert barriers(alice) == []
    words = alice.get_by_label("Message", exact=True)
    words.focus()
    alice.keyboard.press("Control+Enter")
    entries = alice.locator("#side-entries")
    expect(entries).to_contain_text("Have you one left?", timeout=SOON)
    assert alice.url.rpartition("/")[2].isdecimal()
    # taken back, it stands in the composer; sent once more, it leaves
    alice.get_by_role("button", name="Undo").click()
    composer = alice.get_by_label("Your message to those outside")
    expect(composer).to_be_focused(timeout=SOON)
    expect(entries).to_contain_text("Nothing was sent yet.")
    assert "Have **you** one left?" in composer.input_value()
    alice.keyboard.press("Control+Enter")
    expect(entries).to_contain_text("Have you one left?", timeout=SOON)
    expect(entries).to_contain_text(f"Sent to {MAKER}", timeout=LEAVES)
    [sent] = until(lambda: product.sent_to(MAKER), "the mail to the maker")
    answer = EmailMessage()
    answer["From"], answer["To"] = f"Maker <{MAKER}>", str(sent["reply-to"])
    answer["Subject"], answer["Message-ID"] = "Re: Spare armrest", "<answer.browser@maker.example>"
    answer.set_content("Two are left.")
    product.send(answer)
    expect(entries).to_contain_text("Two are left.", timeout=LEAVES)
    expect(alice.locator("#sides")).to_contain_text("Answered", timeout=SOON)
    picture(alice, "side-talk")
    assert barriers(alice) == []
    alice.get_by_role("link", name="Back to the conversation with the customer").click()
    expect(alice.locator("#entries")).to_contain_text("Somebody outside answered", timeout=SOON)
    expect(alice.locator("#entries")).not_to_contain_text("Two are left.")
    alice.locator("#sides").get_by_role("link", name="Spare armrest").click()
    alice.get_by_role("button", name="Mark as done").click()
    expect(alice.locator("#sides")).to_contain_text("Done", timeout=SOON)


def test_it_fits_a_phone_in_the_dark(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, TWO_LETTERS)
    page = open_page(ALICE, size=PHONE, scheme="dark")
    page.goto(f"/desk/tickets/{number}/side-conversations/new")
    fill(page, "On the phone")
    assert fits(page)
    assert barriers(page) == []
    picture(page, "side-ask-phone")
    page.get_by_role("button", name="Send outside").click()
    expect(page.locator("#side-entries")).to_contain_text("Have you one left?", timeout=SOON)
    assert fits(page)
    assert barriers(page) == []
    picture(page, "side-talk-phone")
    # somebody who was not asked writes in: both ways out fit, and one of them is taken
    side_id = page.url.rpartition("/")[2]
    product.script(HELD, side_id)
    page.reload()
    entries = page.locator("#side-entries")
    expect(entries).to_contain_text("Tell me more.")
    assert fits(page)
    assert barriers(page) == []
    picture(page, "side-held-phone")
    page.get_by_role("button", name="Refuse the sender").click()
    expect(entries).not_to_contain_text("Tell me more.", timeout=SOON)
    expect(entries).to_contain_text("Have you one left?")
