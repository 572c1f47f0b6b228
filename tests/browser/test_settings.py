"""My settings and my numbers: what is chosen is at once so on the pages, and nothing keeps anybody out."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

BOB = "bob@example.com"
PICTURES = os.environ.get("TICKETDESK_TEST_PICTURES")
"""A folder for pictures of what is tested, for whoever wants to look."""


def height(page: Page) -> float:
    page.goto("/desk/views/queue-1")
    expect(page.locator("#rows .td-row").first).to_be_visible()
    return float(page.evaluate("document.querySelector('#rows .td-row').getBoundingClientRect().height"))


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_lists_get_closer_the_page_dark_and_single_keys_silent(open_page: OpenPage) -> None:
    page = open_page(BOB)
    before, light = height(page), ground(page)
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("button", name="Light or dark").click()  # this device has chosen light for itself
    page.goto("/desk/settings")
    page.get_by_label("Compact").check()
    page.get_by_label("Dark", exact=True).check()
    page.get_by_label("Single keys do things").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".td-toast")).to_contain_text("Saved.")
    assert barriers(page) == []
    assert height(page) < before
    assert ground(page) != light
    page.keyboard.press("c")
    page.keyboard.press("j")
    expect(page.locator("#rows .td-row:focus")).to_have_count(0)
    page.keyboard.press("Control+k")  # not a single key
    expect(page.get_by_role("combobox")).to_be_focused()
    page.goto("/desk/settings")
    page.get_by_label("Single keys do things").check()
    page.get_by_label("Comfortable").check()
    page.get_by_label("As this device").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".td-toast")).to_contain_text("Saved.")
    assert height(page) == before
    page.keyboard.press("j")
    expect(page.locator("#rows .td-row:focus")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int] | None) -> None:
    page = open_page(BOB, scheme, size)
    for place in ("/desk/settings", "/desk/numbers"):
        page.goto(place)
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{place.rpartition('/')[2]}-{scheme}-{page.viewport_size}.png")
