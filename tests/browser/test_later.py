"""Putting away and sending later, seen by an agent: the customer's mail brings both back."""

import re
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
WORDS = "Has the new armrest arrived?"


def wrote(product: Product, subject: str, words: str = "The armrest came off.", *, answers: bool = False) -> int:
    """A mail of a customer's, or a further one of the same matter; the number of its ticket."""
    mail = EmailMessage()
    first = f"<{subject.replace(' ', '-')}@customer.example>"
    mail["From"], mail["To"], mail["Subject"] = "Wanda <wanda@customer.example>", "support@example.com", subject
    mail["Message-ID"] = first.replace("<", "<again-") if answers else first
    if answers:
        mail["In-Reply-To"] = first
    mail.set_content(words)
    number: int = product.ingest(mail.as_bytes())["ticket"]
    return number


def opened(open_page: OpenPage, number: int, **how: object) -> Page:
    page = open_page(ALICE, **how)
    page.goto(f"/desk/tickets/{number}")
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=30_000)
    return page


def test_snoozed_by_a_key_it_is_back_when_the_customer_writes(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to put away")
    page = opened(open_page, number)
    row = page.locator(f"#t-{number}")
    expect(row).to_be_visible()
    page.keyboard.press("z")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading", name=f"Snooze #{number}")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Date and time, by your clock").fill("2027-01-15T09:00")
    expect(sheet.get_by_label("Another time")).to_be_checked()
    page.keyboard.press("Enter")
    expect(sheet.get_by_text("before it would be back")).to_be_visible()
    assert barriers(page) == []
    sheet.get_by_role("button", name="Snooze all the same").click()
    expect(sheet).to_be_hidden()
    expect(page.get_by_text("Snoozed until Fri 15 Jan, 09:00")).to_be_visible()
    expect(row).to_have_count(0)
    expect(page.locator("#rail").get_by_role("link", name=re.compile("^Snoozed 1$"))).to_be_visible()
    assert wrote(product, "An armrest to put away", "I have found it.", answers=True) == number
    expect(page.get_by_text("Back from snooze: the customer wrote", exact=True)).to_be_attached()
    expect(page.get_by_text("Snoozed until Fri 15 Jan, 09:00")).to_have_count(0)
    expect(row).to_be_visible()
    expect(row.get_by_text("Back", exact=True)).to_be_visible()
    assert barriers(page) == []


def test_a_snooze_is_undone_from_the_toast(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, wrote(product, "An armrest to keep"))
    page.keyboard.press("z")
    sheet, undo = page.locator("#sheet"), page.get_by_role("button", name="Undo")
    sheet.get_by_role("button", name="Snooze", exact=True).click()
    all_the_same = sheet.get_by_role("button", name="Snooze all the same")
    expect(all_the_same.or_(undo)).to_be_visible()
    if all_the_same.is_visible():  # at night a clock runs out before the first time that is offered
        all_the_same.click()
    undo.click()
    expect(page.get_by_text("Alice Moreno brought it back from snooze", exact=True)).to_be_attached()


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_the_customer_writes_first_and_the_draft_is_back(
    open_page: OpenPage, product: Product, size: dict[str, int] | None
) -> None:
    subject = f"An armrest for later {'on a phone' if size else 'at a desk'}"
    number = wrote(product, subject)
    page = opened(open_page, number, size=size, scheme="dark" if size else "light")
    reply = page.get_by_label("Your reply")
    reply.fill(WORDS)
    page.get_by_role("button", name="More ways to send").click()
    page.get_by_role("button", name="Send later…").click()
    sheet = page.locator("#sheet")
    expect(sheet.get_by_text("When shall it go out?")).to_be_visible()
    assert barriers(page) == []
    sheet.get_by_role("button", name="Send later").click()
    waiting = page.locator("#waiting")
    expect(waiting.get_by_text(WORDS)).to_be_visible()
    expect(waiting.get_by_text("Goes out")).to_be_visible()
    expect(sheet).to_be_hidden()
    expect(reply).to_have_value("")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wrote(product, subject, "I have found it.", answers=True) == number
    expect(reply).to_have_value(WORDS)
    expect(waiting.get_by_text(WORDS)).to_have_count(0)
    expect(
        page.get_by_text("A reply for later is Alice Moreno’s draft again: the customer wrote first", exact=True)
    ).to_be_attached()
    page.reload()
    expect(reply).to_have_value(WORDS)
    assert not [mail for mail in product.sent_to("wanda@customer.example") if WORDS in mail.as_string()]


def test_it_is_edited_and_sent_now(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to be sent now")
    page = opened(open_page, number)
    reply = page.get_by_label("Your reply")

    def later(words: str) -> None:
        reply.fill(words)
        page.get_by_role("button", name="More ways to send").click()
        page.get_by_role("button", name="Send later…").click()
        page.locator("#sheet").get_by_role("button", name="Send later").click()
        expect(page.locator("#waiting").get_by_text(words)).to_be_visible()

    later("Has it come?")
    page.locator("#waiting").get_by_role("button", name="Edit").click()
    expect(reply).to_have_value("Has it come?")
    expect(page.locator("#waiting").get_by_text("Has it come?")).to_have_count(0)
    later(WORDS)
    page.locator("#waiting").get_by_role("button", name="Send now").click()
    expect(page.locator("#entries").get_by_text(WORDS)).to_be_visible()
    expect(page.locator("[data-undo]")).to_be_visible()
    expect(page.locator("#waiting").get_by_text(WORDS)).to_have_count(0)
