"""A supervisor simulates a draft in a real browser, and nothing keeps anybody out."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def wider(page: object) -> int:
    found: int = page.evaluate(  # type: ignore[attr-defined]
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


def test_a_draft_is_simulated_and_every_page_of_it_is_open_to_all(open_page: OpenPage) -> None:
    page = open_page("ada@example.com")
    page.goto("/supervisor/simulator")
    page.get_by_label("Begin with").select_option(label="Standard")
    page.get_by_role("button", name="Make a draft").click()
    draft = page.url
    page.locator("[name=normal-first_response-amount]").fill("20")
    page.locator("[name=normal-first_response-unit]").select_option("minutes")
    page.get_by_role("button", name="Simulate").click()
    page.wait_for_url("**/supervisor/simulations/*")
    result = page.url
    page.get_by_role("heading", name="What it comes to").wait_for()  # the page shows it by itself
    assert re.search(r"[1-9]\d* answers would have become late", page.content())
    page.get_by_role("link", name="Those that become late").first.click()
    page.locator("tbody tr").first.wait_for()
    seen = [draft, result, page.url, f"{result}/adoption", "/supervisor/simulator"]
    page.get_by_role("link", name=re.compile(r"^#\d+")).first.click()
    page.wait_for_url("**/desk/tickets/*")
    state = page.context.storage_state()
    for scheme, size in (("light", WIDE), ("dark", WIDE), ("light", PHONE)):
        other = open_page(scheme=scheme, size=size)
        other.context.add_cookies(state["cookies"])  # type: ignore[arg-type]  # the same names in both
        for address in seen:
            other.goto(address)
            assert barriers(other) == []
            assert wider(other) <= 0


def test_deleting_is_asked_about_and_works_by_keys(open_page: OpenPage) -> None:
    page = open_page("sam@example.com")
    page.goto("/supervisor/simulator")
    before = page.locator("tbody tr").count()
    page.get_by_role("button", name="Make a draft").press("Enter")
    page.get_by_role("button", name="Simulate").press("Enter")
    page.get_by_role("heading", name="What it comes to").wait_for()
    page.get_by_role("button", name="Delete …").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).press("Enter")
    page.wait_for_url("**/supervisor/simulator")
    expect(page.locator("tbody tr")).to_have_count(before)
