"""Contacts in a browser: by keyboard, on a phone, in the dark; joined with a preview, and undone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def overflow(page: Page) -> int:
    """Pixels by which a page is wider than its window, or its pane than itself."""
    wide: int = page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.td-pane__scroll')]"
        ".reduce((most, one) => Math.max(most, one.scrollWidth - one.clientWidth), 0)"
    )
    return wide


def test_from_a_ticket_to_its_contact_and_on_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("alice@example.com")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/desk/contacts")
    assert barriers(page) == []
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/contacts/\d+$"))
    assert barriers(page) == []
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/tickets/\d+"))
    page.locator("#side .td-person a").click()
    page.wait_for_url(re.compile(r"/desk/contacts/\d+$"))
    page.get_by_label("Note", exact=True).fill("Calls on Fridays.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes article").first).to_contain_text("Calls on Fridays.")


def test_two_are_joined_and_one_click_undoes_it(open_page: OpenPage) -> None:
    page = open_page("ada@example.com")
    page.goto("/desk/contacts")
    links = page.locator(".td-people a")
    first, second = (links.nth(place).get_attribute("href") or "" for place in (0, 1))
    page.goto(f"{first}/join?other={second.rpartition('/')[2]}")
    assert barriers(page) == []
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page).to_have_url(re.compile("/join"))  # the box is not ticked yet
    page.get_by_label("They are one person and may see this").check()
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator(".td-notice").first).to_contain_text("is part of this contact now")
    assert barriers(page) == []
    page.get_by_role("link", name="Separate").click()
    assert barriers(page) == []
    page.go_back()
    page.keyboard.press("u")
    expect(page.get_by_role("status").filter(has_text="a contact of their own again").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(open_page: OpenPage, scheme: str) -> None:
    page = open_page("ada@example.com", scheme, PHONE)
    page.goto("/desk/contacts")
    first = page.locator(".td-people a").first.get_attribute("href") or ""
    second = (page.locator(".td-people a").nth(1).get_attribute("href") or "").rpartition("/")[2]
    for address in (
        "/desk/contacts",
        first,
        f"{first}/join?other={second}",
        f"{first}/join?q=e",
        "/desk/organizations",
        "/admin/contact-attributes",
    ):
        page.goto(address)
        assert overflow(page) == 0, address
        assert barriers(page) == [], address
