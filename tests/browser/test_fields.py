"""Fields of one's own in a browser: made, filled in beside a ticket by keyboard, asked by a form; phone and dark."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_contacts import overflow

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

MADE = (
    ("Wood", "wood", "choice", "English oak\nTeak"),
    ("Parts asked for", "parts", "choices", "Armrest\nScrew"),
    ("Bought on", "bought", "date", ""),
    ("Price", "price", "number", ""),
    ("Serial number under the seat", "serial", "text", ""),
    ("Gift", "gift", "checkbox", ""),
    ("Belongs to", "about", "reference", ""),
)


def make(page: Page) -> None:
    """All kinds, by the screens of administrators; made once for this file."""
    page.goto("/admin/ticket-fields")
    if page.get_by_role("link", name="Wood", exact=True).count():
        return
    for label, key, kind, options in MADE:
        page.goto("/admin/ticket-fields/new")
        page.get_by_label("Label", exact=True).fill(label)
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_label("Kind", exact=True).select_option(kind)
        page.get_by_label("Choices").fill(options)
        if kind == "choice":
            page.get_by_label("Hint").fill("It is printed under the seat.")
            page.get_by_label("Customers may fill it in").check()
            page.get_by_label("Something arrived damaged").check()
        page.get_by_role("button", name="Add field").click()
        expect(page.get_by_role("link", name=label, exact=True)).to_be_visible()


def first_ticket(page: Page) -> None:
    page.goto("/desk")
    page.locator("a[href*='/desk/tickets/']").first.click()
    page.wait_for_url(re.compile(r"/desk/tickets/\d+"))
    beside = page.get_by_role("link", name="Contact, clocks and properties")
    if (page.viewport_size or PHONE)["width"] <= PHONE["width"]:
        beside.click()
    expect(page.locator("#side").get_by_role("heading", name="Fields")).to_be_visible()


def test_fields_are_made_and_filled_in_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("ada@example.com")
    make(page)
    assert barriers(page) == []
    first_ticket(page)
    side = page.locator("#side")
    price = side.get_by_label("Price: nothing yet")
    price.focus()
    page.keyboard.press("Enter")
    box = side.get_by_role("textbox", name="Price")
    box.focus()
    page.keyboard.type("a lot")
    page.keyboard.press("Enter")
    expect(side.get_by_role("alert")).to_contain_text("This is no number")
    again = side.get_by_role("textbox", name="Price")
    expect(again).to_be_focused()
    expect(again).to_have_value("a lot")
    assert barriers(page) == []
    again.fill("12,50")
    page.keyboard.press("Enter")
    expect(side.get_by_label("Price: 12.5")).to_be_visible()
    wood = side.get_by_role("button", name="Wood: nothing yet")
    wood.focus()
    page.keyboard.press("Enter")
    teak = page.get_by_role("button", name="Teak", exact=True)
    expect(teak).to_be_visible()
    teak.click()
    expect(side.get_by_role("button", name="Wood: Teak")).to_be_visible()
    assert barriers(page) == []
    shoot(page, "wide")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(open_page: OpenPage, scheme: str) -> None:
    page = open_page("ada@example.com", scheme, PHONE)
    make(page)
    for address in ("/admin/ticket-fields", "/admin/ticket-fields/new", "/forms/damaged"):
        page.goto(address)
        assert overflow(page) == 0, address
        assert barriers(page) == [], address
        shoot(page, f"phone-{scheme}{address.replace('/', '-')}")
    page.goto("/admin/ticket-fields")
    page.get_by_role("link", name="Wood", exact=True).click()
    expect(page.get_by_role("heading", name="Wood")).to_be_visible()
    assert overflow(page) == 0
    assert barriers(page) == []
    first_ticket(page)
    for row in page.locator("#side .td-own > summary").all():
        row.evaluate("one => one.parentElement.open = true")
    assert overflow(page) == 0
    assert barriers(page) == []
    page.evaluate("document.querySelector('.td-own__label').scrollIntoView()")
    shoot(page, f"phone-{scheme}")


def test_wide_in_the_dark(open_page: OpenPage) -> None:
    page = open_page("ada@example.com", "dark")
    make(page)
    shoot(page, "dark-list")
    first_ticket(page)
    for row in page.locator("#side .td-own > summary").all():
        row.evaluate("one => one.parentElement.open = true")
    assert barriers(page) == []
    page.evaluate("document.querySelector('.td-own__label').scrollIntoView()")
    shoot(page, "dark")
    page.goto("/desk/views/new")
    page.get_by_label("What is asked").select_option(label="Price")
    expect(page.get_by_label("How", exact=True)).to_contain_text("is at least")
    page.get_by_label("How", exact=True).select_option(label="is at least")
    expect(page.get_by_role("textbox", name="Number")).to_be_visible()
    assert barriers(page) == []
    shoot(page, "dark-view")


def shoot(page: Page, name: str) -> None:
    if there := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(there) / f"{name}.png"))
