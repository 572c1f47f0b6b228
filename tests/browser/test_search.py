"""Searching in a browser: by one key from anywhere, through what is found, on a phone, in the dark, without script."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_by_keys_alone(open_page: OpenPage) -> None:
    page = open_page("priya@example.com")
    page.keyboard.press("/")
    field = page.get_by_role("search", name="Search tickets").get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("bench")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/search?q=bench")
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    rows = page.locator(".td-row")
    assert rows.count() > 2
    assert page.locator(".td-row mark").count() >= rows.count() // 2
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    subject = rows.nth(1).locator(".td-row__sub").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#open").get_by_role("heading", level=1)).to_have_text(subject)
    assert "in=search&q=bench" in page.url
    assert rows.count() > 2  # what was found stays beside it
    page.reload()
    assert rows.count() > 2
    assert page.locator(".td-row[aria-current]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int] | None) -> None:
    page = open_page("priya@example.com", scheme, size)
    for question in ("", "?q=bench", "?q=before:soon+colour:red", "?q=nothinghasthis"):
        page.goto(f"/desk/search{question}")
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("priya@example.com", size=PHONE)
    page.get_by_role("link", name="Search tickets").click()
    page.get_by_role("searchbox").fill("bench")
    page.get_by_role("button", name="Search").click()
    page.locator(".td-row").first.click()
    expect(page.locator("#talk[data-number]")).to_be_visible()
    page.get_by_role("link", name="Back to Search").click()
    expect(page.locator(".td-row").first).to_be_visible()
    assert page.url.endswith("/desk/search?q=bench")


def test_without_script(chromium: Browser, product: Product, open_page: OpenPage) -> None:
    state = open_page("priya@example.com").context.storage_state()
    context = chromium.new_context(java_script_enabled=False, base_url=product.url, storage_state=state)
    page = context.new_page()
    page.goto("/desk/search")
    field = page.get_by_role("search", name="Search tickets").get_by_role("searchbox")
    field.fill("bench")
    field.press("Enter")
    page.wait_for_url("**/desk/search?q=bench")
    page.locator(".td-row").first.click()
    page.wait_for_url("**/desk/tickets/**")
    assert page.locator(".td-row").count() > 2
    context.close()
