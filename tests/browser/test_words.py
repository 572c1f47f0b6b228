"""Signatures and fields where they are set up and used: in both themes, on a screen and on a phone."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.test_contacts import overflow

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

FRAME = "**{{ agent.name }}** of {{ brand.name }}\nWeekdays from 9 to 5, [how to reach us](https://example.com/contact)"


def set_up(page: Page) -> None:
    """A signature for the default brand and a field; made once for this file."""
    page.goto("/admin/ticket-fields")
    if page.get_by_role("link", name="Wood", exact=True).count():
        return
    page.goto("/admin/ticket-fields/new")
    page.get_by_label("Label", exact=True).fill("Wood")
    page.get_by_label("Key", exact=True).fill("wood")
    page.get_by_label("Kind", exact=True).select_option("choice")
    page.get_by_label("Choices").fill("English oak\nTeak")
    page.get_by_role("button", name="Add field").click()
    expect(page.get_by_role("link", name="Wood", exact=True)).to_be_visible()
    page.goto("/admin/brands/1")
    page.get_by_label("Signature").fill(FRAME)
    page.get_by_role("button", name="Save the signature").click()
    expect(page.locator("#replies strong")).to_have_text("Ines Calder")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int]) -> None:
    page = open_page("ada@example.com", scheme, size)
    name = f"{scheme}-{size['width']}"
    set_up(page)
    for place in ("/admin/brands/1", "/admin/mailboxes/1", "/desk/new", "/desk/numbers"):
        page.goto(place)
        if place.startswith("/admin"):
            page.locator("#replies").scroll_into_view_if_needed()
        elif place == "/desk/new":
            page.get_by_label("Wood").scroll_into_view_if_needed()
        assert overflow(page) == 0, place
        assert barriers(page) == [], place
        shoot(page, f"{name}{place.replace('/', '-')}")
    page.goto("/desk/views/queue-1")
    page.locator("#rows a[href*='/desk/tickets/']").first.click()
    said = page.locator('[data-box="reply"] .td-signed')
    expect(said).to_contain_text("Added below:")
    shoot(page, f"{name}-composer")
    said.locator("summary").click()
    expect(said.get_by_role("link", name="how to reach us")).to_be_visible()
    assert overflow(page) == 0
    assert barriers(page) == []
    shoot(page, f"{name}-composer-open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_field_for_two_and_one_undo(open_page: OpenPage, scheme: str) -> None:
    page = open_page("ada@example.com", scheme)
    set_up(page)
    page.goto("/desk/views/queue-1")
    expect(page.locator("#rows .td-row").nth(2)).to_be_visible()
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Fields").click()
    page.get_by_role("button", name="Wood", exact=True).click()
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading")).to_contain_text("Wood of the selected tickets")
    assert barriers(page) == []
    shoot(page, f"{scheme}-sheet")
    sheet.get_by_label("Wood").select_option(label="Teak")
    sheet.get_by_role("button", name="Save in 2 tickets").click()
    expect(page.locator(".td-toast")).to_contain_text("Wood: saved · 2 tickets")
    expect(sheet).to_be_hidden()
    page.locator(".td-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".td-toast")).to_contain_text("Undone: 2 tickets")


def shoot(page: Page, name: str) -> None:
    if there := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(there) / f"{name}.png"))
