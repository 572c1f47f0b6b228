"""Time on a ticket: measured in the tab that is used, written down by keyboard, and on a phone in the dark."""

import re
import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_side_conversations import fits
from tests.browser.test_together import ALICE, BOB, SOON, at, picture, pytestmark
from tests.product import Product

__all__ = ["pytestmark"]

TICKETS = (
    "SELECT t.number FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.merged_into_id IS NULL "
    "ORDER BY t.number LIMIT 2"
)
MEASURED = (
    "SELECT t.number, s.seconds FROM time_spent s JOIN tickets t ON t.id = s.ticket_id WHERE s.kind = 'measured' "
    "ORDER BY t.number"
)
SITS = re.compile(r"[6-9]|\d\d+")
"""Seconds: more than a glance."""


def numbers(product: Product) -> list[int]:
    return [int(row[0]) for row in product.rows(TICKETS)]


def counted(page: Page) -> Locator:
    return page.locator("[data-sitting]")


def seconds(page: Page) -> int:
    return int(counted(page).get_attribute("data-seconds") or 0)


def use(page: Page) -> None:
    page.mouse.move(200, 300)
    page.mouse.move(210, 300)


def test_of_two_tabs_the_one_that_is_used_is_measured(open_page: OpenPage, product: Product) -> None:
    one, two = numbers(product)
    began = time.monotonic()
    first = at(open_page(BOB), one)
    second = at(first.context.new_page(), two)
    use(first)
    expect(counted(first)).to_have_attribute("data-seconds", SITS, timeout=SOON)
    assert seconds(second) == 0, "nobody used it"
    with first.expect_response("**/sitting") as heard:
        use(second)
    assert heard.value.ok, "whoever is no longer used says how long it was"
    stood = seconds(first)
    expect(counted(second)).to_have_attribute("data-seconds", SITS, timeout=SOON)
    assert seconds(first) == stood, "it counts no more since the other one is used"
    with second.expect_response("**/sitting") as heard:
        second.locator(".td-row:not([aria-current])").first.click()  # another ticket in the same page
    assert heard.value.ok
    kept = product.rows(MEASURED)
    assert [int(row[0]) for row in kept] == [one, two]
    assert [int(row[1]) >= 5 for row in kept] == [True, True]
    assert sum(int(row[1]) for row in kept) <= time.monotonic() - began


def test_it_is_written_down_by_keyboard(open_page: OpenPage, product: Product) -> None:
    number = numbers(product)[1]
    alice = at(open_page(ALICE), number)
    shown = alice.locator('#side [data-key="T"]')
    sheet = alice.locator("#sheet")
    how_long = sheet.locator("#spent")
    alice.locator("#scroll").focus()
    alice.keyboard.press("Shift+T")
    expect(how_long).to_be_focused(timeout=SOON)
    alice.keyboard.insert_text("ages")
    alice.keyboard.press("Enter")
    expect(sheet).to_contain_text("This is not understood", timeout=SOON)
    expect(how_long).to_have_value("ages")
    how_long.fill("1h 20m")
    sheet.get_by_label("Note").first.fill("Called the carrier")
    alice.keyboard.press("Enter")
    expect(sheet).not_to_be_visible(timeout=SOON)
    expect(shown).to_contain_text(re.compile(r"^1 h 20"), timeout=SOON)
    expect(alice.locator(".td-toast")).to_contain_text("1 h 20 written down")
    alice.keyboard.press("Control+k")
    expect(alice.get_by_role("combobox")).to_be_focused(timeout=SOON)
    alice.keyboard.insert_text("time")
    alice.keyboard.press("Enter")
    expect(how_long).to_be_focused(timeout=SOON)
    line = sheet.locator("details").filter(has_text="Called the carrier")
    line.locator("summary").focus()
    alice.keyboard.press("Enter")
    line.get_by_label("How long").fill("0:50")
    picture(alice, "time-sheet")
    assert barriers(alice) == []
    line.get_by_label("How long").press("Enter")
    expect(sheet.locator("details").filter(has_text="Called the carrier")).to_contain_text("50 min", timeout=SOON)
    expect(shown).to_contain_text(re.compile(r"^50 min"), timeout=SOON)
    again = sheet.locator("details").filter(has_text="Called the carrier")
    again.locator("summary").click()
    again.get_by_role("button", name="Remove").click()
    expect(sheet).not_to_be_visible(timeout=SOON)
    expect(shown).not_to_contain_text("50 min", timeout=SOON)
    alice.get_by_role("button", name="Undo").click()
    expect(shown).to_contain_text(re.compile(r"^50 min"), timeout=SOON)
    phone = open_page(ALICE, size=PHONE, scheme="dark")
    phone.goto(f"/desk/tickets/{number}#side")
    phone.locator('#side [data-key="T"]').click()
    expect(phone.locator("#sheet")).to_contain_text("Called the carrier", timeout=SOON)
    phone.locator("#sheet summary").filter(has_text="Called the carrier").click()
    assert fits(phone)
    assert barriers(phone) == []
    picture(phone, "time-sheet-phone")


def test_reports_keep_nobody_out(open_page: OpenPage) -> None:
    for scheme, size in (("light", None), ("dark", PHONE)):
        sam = open_page("sam@example.com", scheme, size)
        for place in ("/supervisor/time", "/supervisor/time/tickets", "/desk/numbers"):
            sam.goto(place)
            assert barriers(sam) == []
            assert sam.evaluate("document.documentElement.scrollWidth <= innerWidth")
            picture(sam, f"time-{place.rpartition('/')[2]}-{scheme}")
