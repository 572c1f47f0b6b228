"""The command palette: everything by a few letters, from wherever one is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"


def opened(page: Page, letters: str = "") -> None:
    page.wait_for_load_state()  # a page that is still coming hears no keys
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(letters)


def options(page: Page) -> list[str]:
    return [one.inner_text().split("\n")[0] for one in page.get_by_role("option").all()]


def test_what_the_page_can_do_is_done_by_a_few_letters(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    page.locator("a.td-row").first.click()
    expect(page.locator("#actions")).to_be_visible()
    opened(page, "sno")
    expect(page.get_by_role("option", name="Snooze", exact=True)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_visible()
    page.keyboard.press("Escape")
    opened(page, "reply")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your reply")).to_be_focused()
    opened(page)  # also while one writes
    first = options(page)[0]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.locator('[role=option][aria-selected="true"]').inner_text().split("\n")[0] == first
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your reply")).to_be_focused()


def test_places_tickets_and_articles_are_found(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    opened(page, "care spare")
    expect(page.get_by_role("option", name="Care & spare parts")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Care & spare parts")).to_be_visible()
    opened(page, "bench")
    ticket = page.get_by_role("option").filter(has_text="#").first
    expect(ticket).to_be_visible()
    expect(page.get_by_role("listbox").get_by_text("Articles", exact=True)).to_be_visible()
    number = ticket.inner_text().split("#")[1].split(" ")[0]
    page.keyboard.press("Control+a")
    page.keyboard.type(number)
    expect(page.get_by_role("option").filter(has_text=f"#{number}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/tickets/{number}")


def test_nothing_found_is_said(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    opened(page, "xqzvv")
    expect(page.get_by_text("Nothing has these words.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int] | None) -> None:
    page = open_page(ALICE, scheme, size)
    opened(page, "bench")
    expect(page.get_by_role("option").filter(has_text="#").first).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
