"""Routing on screens, the next ticket and why somebody has it: by keys, in both lights, wide and narrow."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.test_undo import wrote
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
ADA, ALICE = "ada@example.com", "alice@example.com"
SHOTS = os.environ.get("TICKETDESK_SHOTS")
"""A folder for pictures of what was seen."""


def look(page: Page, name: str, whole: bool = True) -> None:
    """Nothing keeps anybody out, and nothing runs over the edge."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)
    assert barriers(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def served_one(page: Page) -> None:
    """Ask for the next ticket until it is one that was nobody's; those that were ours before are solved."""
    for _ in range(12):
        page.locator("[data-live][data-connected]").wait_for(state="attached")  # the keys are heard by then
        page.keyboard.press(".")
        page.wait_for_url("**/desk/tickets/*")
        page.locator("#actions").wait_for()
        if page.get_by_role("link", name="Skip", exact=True).count():
            return
        page.get_by_role("button", name="Solve").first.click()
        page.get_by_role("button", name="Reopen").wait_for()
        page.goto("/desk/")
    raise AssertionError("nothing but our own was served")


def routing_page(page: Page) -> None:
    page.goto("/admin/queues")
    page.locator("a[href$='/routing']").first.click()


def test_routing_is_set_up_and_foretold(open_page: OpenPage) -> None:
    page = open_page(ADA)
    page.goto("/admin/skills")
    look(page, "skills-empty")
    page.get_by_label("Name").fill("Old French")
    page.get_by_role("button", name="Add skill").click()
    expect(page.get_by_role("heading", name="Old French", exact=True)).to_be_visible()
    look(page, "skill")
    routing_page(page)
    page.get_by_label(re.compile("^To whoever has most room")).check()
    preview = page.locator("#preview")
    expect(preview).to_contain_text(re.compile("would get it|could be given it"))
    page.get_by_label("Old French").check()
    expect(preview).to_contain_text(re.compile("lacks Old French|is closed"))  # by the hour of the day
    teams = page.get_by_role("group", name="Teams that serve this queue").get_by_role("combobox")
    teams.nth(0).select_option(index=1)
    teams.nth(1).select_option(index=2)
    page.get_by_label(re.compile("^Minutes until the next team")).fill("-1")
    expect(preview).to_contain_text("does not fit yet")
    page.get_by_label(re.compile("^Minutes until the next team")).fill("5")
    expect(preview).to_contain_text("Who serves it")
    look(page, "routing")
    page.get_by_label("Old French").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It holds for the next ticket on.")).to_be_visible()
    address = page.url
    agent = "/admin/agents"
    page.goto(agent)
    page.locator("tbody a[href^='/admin/agents/']").first.click()
    agent = page.url
    for scheme, size, name in (
        ("light", WIDE, ""),
        ("dark", WIDE, "-dark"),
        ("light", PHONE, "-phone"),
        ("dark", PHONE, "-phone-dark"),
    ):
        other = open_page(ADA, scheme, size)
        for where, what in (
            (address, "routing"),
            ("/admin/skills", "skills"),
            ("/admin/workload", "workload"),
            (agent, "agent"),
        ):
            other.goto(where)
            look(other, f"{what}{name or '-light'}")
    other.close()


def test_the_next_ticket_is_served_and_passed_on(product: Product, open_page: OpenPage) -> None:
    # Whoever came before may have left nothing that waits, and agents online would be given what comes now.
    product.rows("UPDATE queues SET strategy = 'manual' RETURNING id")
    for number in range(2):
        wrote(product, f"A box that nobody has looked at yet, {number}")
    page = open_page(ALICE)
    served_one(page)
    page.get_by_role("link", name=re.compile("^Why ")).click()
    expect(page.locator("#why-me")).to_contain_text(re.compile("has it|took it"))
    page.get_by_role("button", name=re.compile("^Availability")).click()
    look(page, "availability", whole=False)
    page.keyboard.press("Escape")
    for scheme, size, name in (("light", WIDE, "light"), ("dark", WIDE, "dark")):
        other = open_page(ALICE, scheme, size)
        other.goto(page.url)
        other.get_by_role("link", name=re.compile("^Why ")).click()
        expect(other.locator("#why-me")).to_contain_text(re.compile("has it|took it"))
        other.locator("#why-me").scroll_into_view_if_needed()
        look(other, f"why-me-{name}", whole=False)
    served = page.url
    page.get_by_role("link", name="Skip", exact=True).click()
    sheet = page.get_by_role("dialog", name=re.compile("^Pass #"))
    sheet.get_by_role("button", name="Pass on, and next").click()
    expect(sheet).to_contain_text("Say why you pass it on.")
    sheet.get_by_label("something else").check()
    sheet.get_by_label("In your own words").fill("She asked for Bob.")
    look(page, "skip", whole=False)
    sheet.get_by_role("button", name="Pass on, and next").click()
    page.wait_for_url(lambda url: url != served)
    expect(page.get_by_text("is back in its queue.")).to_be_visible()
    page.goto(f"{served.split('?')[0]}/routing")
    expect(page.locator("#why-me")).to_contain_text("passed it on: something else")
    look(page, "why-me-page")
    phone = open_page(ALICE, "light", PHONE)
    phone.goto(page.url)
    look(phone, "why-me-phone")
