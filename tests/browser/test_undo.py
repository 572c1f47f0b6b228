"""Sending and taking back, seen by an agent: nothing typed is lost, whatever happens to connection and windows."""

from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
WORDS = "The new armrest leaves today."


def wrote(product: Product, subject: str) -> int:
    """A customer's mail is a ticket; its number."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Wanda <wanda@customer.example>", "support@example.com", subject
    mail["Message-ID"] = f"<{subject.replace(' ', '-')}@customer.example>"
    mail.set_content("The armrest came off.")
    number: int = product.ingest(mail.as_bytes())["ticket"]
    return number


def opened(open_page: OpenPage, number: int) -> Page:
    page = open_page(ALICE)
    page.goto(f"/desk/tickets/{number}")
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=30_000)
    return page


def to_wanda(product: Product) -> list[str]:
    return [str(mail["Subject"]) for mail in product.sent_to("wanda@customer.example") if WORDS in mail.as_string()]


def test_a_reply_is_taken_back_by_a_key_and_sent_after_all(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to undo")
    page = opened(open_page, number)
    page.keyboard.press("r")
    page.keyboard.type(WORDS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo]")).to_be_visible()
    expect(page.get_by_text("Leaves for wanda@customer.example in a moment")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="It can be taken back for")).to_be_attached()
    page.locator("[data-open-focus]").focus()
    page.keyboard.press("u")
    reply = page.get_by_label("Your reply")
    expect(reply).to_have_value(WORDS)
    expect(reply).to_be_focused()
    expect(page.get_by_text("Alice Moreno took a reply back", exact=True)).to_be_attached()
    expect(page.locator("#entries").get_by_text(WORDS)).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo]")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(reply).to_have_value(WORDS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo]")).to_be_visible()
    assert barriers(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_label("Reply by Alice Moreno").get_by_text("Sent to wanda@customer.example")).to_be_visible(
        timeout=60_000
    )  # the bell said so
    expect(page.locator("[data-undo]")).to_have_count(0)
    assert len(to_wanda(product)) == 1


def test_words_are_kept_without_a_connection_and_between_two_windows(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest in two windows")
    page = opened(open_page, number)
    other = page.context.new_page()
    other.goto(f"/desk/tickets/{number}")
    page.keyboard.press("r")
    page.keyboard.type("Dear Wanda")
    expect(page.get_by_text("Saved ")).to_be_visible()
    other.keyboard.press("r")
    other.keyboard.type("Hello")
    expect(other.get_by_text("In another window you wrote this")).to_be_visible()
    expect(other.locator("[data-other-words]").first).to_have_text("Dear Wanda")
    assert barriers(other) == []
    other.get_by_role("button", name="Use these").click()
    expect(other.get_by_label("Your reply")).to_have_value("Dear Wanda")
    other.close()
    page.context.set_offline(True)
    page.get_by_label("Your reply").focus()
    page.keyboard.type(", no line here")
    expect(page.get_by_text("Not saved yet: no connection")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Saved ")).to_be_visible(timeout=20_000)
    wanted = "SELECT count(*) FROM drafts WHERE text = 'Dear Wanda, no line here'"
    until(lambda: product.rows(wanted)[0][0] == 1, "the draft on the server")


def kept_here(page: Page) -> list[str]:
    return [key for key in page.evaluate("Object.keys(localStorage)") if key.startswith("td-draft:")]


def sign_out(page: Page) -> None:
    page.locator(".td-me").click()
    page.get_by_role("button", name="Sign out").click()


def test_who_signs_out_while_words_are_being_saved_is_not_asked(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, wrote(product, "An armrest in a hurry"))
    under_way: list[Route] = []
    page.route("**/drafts/reply", lambda route: under_way.append(route))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.keyboard.press("r")
    page.keyboard.type("Dear Wanda, in a hurry")
    until(lambda: page.wait_for_timeout(50) or under_way, "the words are on their way")
    page.keyboard.press("Escape")
    sign_out(page)
    page.wait_for_timeout(500)
    for route in under_way:
        route.continue_()
    page.wait_for_url("**/sign-in**")
    assert product.rows("SELECT count(*) FROM drafts WHERE text = 'Dear Wanda, in a hurry'")[0][0] == 1


def test_who_signs_out_leaves_no_words_in_the_browser(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest at closing time")
    page = opened(open_page, number)
    saving = f"**/tickets/{number}/drafts/reply"
    page.route(saving, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("r")
    page.keyboard.type("Dear Wanda, until tomorrow")
    expect(page.get_by_text("Not saved yet: no connection")).to_be_visible()
    assert len(kept_here(page)) == 1

    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    sign_out(page)
    until(lambda: page.wait_for_timeout(50) or asked, "a question")
    assert "could not be saved" in asked[0]
    assert len(kept_here(page)) == 1, "who stays keeps them"

    page.unroute(saving)
    page.keyboard.press("Escape")
    sign_out(page)
    page.wait_for_url("**/sign-in**")
    assert kept_here(page) == []
    wanted = "SELECT count(*) FROM drafts WHERE text = 'Dear Wanda, until tomorrow'"
    assert product.rows(wanted)[0][0] == 1
