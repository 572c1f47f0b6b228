"""Policies and the Why? panel in a real browser: by keys, while one types, and open to everyone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ADA = "ada@example.com"
PAGES = (
    "/admin/sla",
    "/admin/sla/fitting?queue=1&channel=chat&priority=urgent",
    "/admin/sla/new",
    "/admin/sla/1",
    "/admin/sla/1/versions",
)
PAUSED = "SELECT t.number FROM tickets t JOIN sla_timers m ON m.ticket_id = t.id WHERE m.state = 'paused' LIMIT 1"
REOPENED = "SELECT t.number FROM tickets t JOIN sla_timers m ON m.ticket_id = t.id WHERE m.metric = 'resolution' AND m.cycle = 2 LIMIT 1"  # noqa: E501


def names(page: Page) -> list[str]:
    return page.locator(".td-policy h2").all_inner_texts()


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_pages_of_policies_and_clocks_keep_nobody_out(
    product: Product, open_page: OpenPage, scheme: str, size: dict[str, int]
) -> None:
    page = open_page(ADA, scheme, size)
    found: list[str] = []
    for path in PAGES:
        page.goto(path)
        for fold in page.locator("details.td-fold > summary").all():
            fold.click()
        found += barriers(page) + ([f"{path} must be scrolled sideways"] if sideways(page) else [])
    for query in (PAUSED, REOPENED):
        number = product.rows(query)[0][0]
        page.goto(f"/desk/tickets/{number}/clocks/resolution")
        found += barriers(page) + ([f"{page.url} must be scrolled sideways"] if sideways(page) else [])
        page.goto(f"/desk/tickets/{number}#side")
        page.get_by_label("Why? Resolution").click()
        expect(page.locator("#why-resolution .td-why__days")).to_be_visible()
        found += barriers(page) + ([f"{page.url} must be scrolled sideways"] if sideways(page) else [])
    assert found == []


def test_order_is_changed_by_keys_and_the_focus_stays(open_page: OpenPage) -> None:
    page = open_page(ADA)
    page.goto("/admin/sla")
    before = names(page)
    page.get_by_label(f"Try {before[-1]} earlier").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".td-policy h2").nth(len(before) - 2)).to_have_text(before[-1])
    expect(page.get_by_label(f"Try {before[-1]} earlier")).to_be_focused()
    expect(page.locator("#policies-said")).to_contain_text(f"{before[-1]} is now tried as number {len(before) - 1}.")
    page.get_by_label(f"Try {before[-1]} later").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".td-policy h2").last).to_have_text(before[-1])
    switch = page.get_by_role("switch", name=re.compile(before[0]))
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")


def test_plain_words_follow_the_fields_and_the_tester_answers_at_once(open_page: OpenPage) -> None:
    page = open_page(ADA)
    page.goto("/admin/sla/new")
    plain = page.locator("#plain")
    expect(plain).to_contain_text("nothing is promised yet.")
    page.get_by_label("Targets: High, Resolution, amount").fill("3")
    expect(plain).to_contain_text("High: solved within 3 hours.")
    page.get_by_label("Chat", exact=True).check()
    expect(plain).to_contain_text("Tickets that come by chat:")
    page.goto("/admin/sla")
    page.get_by_label("of priority").select_option("urgent")
    expect(page.locator("#fitting .won")).to_contain_text("fits, so it is this one.")


def test_a_reason_leads_to_its_event(product: Product, open_page: OpenPage) -> None:
    page = open_page(ADA)
    number = product.rows(PAUSED)[0][0]
    page.goto(f"/desk/tickets/{number}")
    page.get_by_label("Why? Resolution").click()
    page.locator("#why-resolution a[data-entry]").last.click()
    found = page.locator("#talk .td-found")
    expect(found).to_be_visible()
    expect(found).to_be_focused()
