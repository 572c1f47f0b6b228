"""News while somebody types into the side panel: letters and focus stay, and the panel is renewed afterwards."""

import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def mail(subject: str, text: str, number: str, answers: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Nora Quill <nora@customer.test>", "support@example.com", subject
    made["Message-ID"] = f"<{number}@customer.test>"
    if answers:
        made["In-Reply-To"] = f"<{answers}@customer.test>"
    made.set_content(text)
    return made


def make_field(page: Page) -> None:
    page.goto("/admin/ticket-fields/new")
    page.get_by_label("Label", exact=True).fill("Serial number")
    page.get_by_label("Key", exact=True).fill("serial")
    page.get_by_label("Kind", exact=True).select_option("text")
    page.get_by_role("button", name="Add field").click()
    expect(page.get_by_role("link", name="Serial number", exact=True)).to_be_visible()


def test_letters_and_focus_stay_while_a_mail_comes(product: Product, open_page: OpenPage) -> None:
    page = open_page("ada@example.com")
    make_field(page)
    first, subject = str(time.time_ns()), f"A loose hinge {time.time_ns()}"
    product.send(mail(subject, "The left hinge is loose.", first))
    page.goto("/desk/views/unassigned")
    page.get_by_role("link", name=subject).click(timeout=30_000)
    expect(page.get_by_role("heading", level=1, name=subject)).to_be_visible()
    page.wait_for_selector("[data-connected]")
    side = page.locator("#side")
    side.get_by_label("Serial number: nothing yet").click()
    box = side.get_by_role("textbox", name="Serial number")
    box.focus()
    expect(box).to_be_focused()
    page.keyboard.type("A-10")
    side.evaluate("panel => { panel.dataset.before = '1' }")
    with page.expect_response(lambda answer: "whole=1" in answer.url, timeout=60_000):
        product.send(mail(f"Re: {subject}", "The right one as well.", f"{first}-2", first))
    expect(page.locator("#scroll").get_by_text("The right one as well.")).to_be_visible(timeout=30_000)
    expect(page.locator("#side[data-before]")).to_have_count(1)
    expect(box).to_be_focused()
    expect(box).to_have_value("A-10")
    page.keyboard.type("24")
    expect(box).to_have_value("A-1024")
    assert barriers(page) == []
    page.locator("#scroll").focus()
    expect(page.locator("#side[data-before]")).to_have_count(0, timeout=30_000)
    expect(box).to_have_value("A-1024")
    box.press("Enter")
    expect(side.get_by_label("Serial number: A-1024")).to_be_visible()
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_visible()
    undo.click()
    expect(side.get_by_label("Serial number: nothing yet")).to_be_visible()
