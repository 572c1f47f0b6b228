"""Many tabs, one line; and a desk that stays current without one."""

import re
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.product import Product, until

pytestmark = [pytest.mark.browser]

OpenPage = Callable[..., Page]
ALICE = "alice@example.com"
NO_WORKER = "delete self.SharedWorker;"
BLOCKED = """
delete self.SharedWorker; delete self.BroadcastChannel;
self.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 50); }
  close() {}
};
"""
COUNTED = """
self.opened = 0;
const Real = self.WebSocket;
self.WebSocket = class extends Real { constructor(...given) { super(...given); self.opened += 1; } };
"""


def mail(subject: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Nora Quill <nora@customer.test>", "support@example.com", subject
    made["Message-ID"] = f"<{abs(hash(subject))}-{time.time_ns()}@customer.test>"
    made.set_content("The left hinge is loose.")
    return made


def show_queue(page: Page) -> None:
    page.get_by_role("link", name="Delivery & damage").first.click()
    expect(page.get_by_role("heading", name="Delivery & damage")).to_be_visible()


def second_tab(page: Page) -> Page:
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("[data-connected]")
    return tab


def holds_no_other_line(context: BrowserContext) -> list[Any]:
    """The opened sockets of each tab, as far as pages opened them themselves."""
    return [page.evaluate("self.opened ?? 0") for page in context.pages]


@pytest.mark.parametrize("without", ["", NO_WORKER], ids=["worker", "election"])
def test_all_tabs_share_one_line(product: Product, open_page: OpenPage, without: str) -> None:
    page = open_page(ALICE)
    page.context.add_init_script(COUNTED + without)
    page.reload()
    show_queue(page)
    page.wait_for_selector("[data-connected]")
    tabs = [page, second_tab(page), second_tab(page)]
    assert sum(holds_no_other_line(page.context)) == (1 if without else 0)
    subject = f"Shared hinge {time.time_ns()}"
    product.send(mail(subject))
    for tab in tabs:
        tab.bring_to_front()
        expect(tab.get_by_role("link", name=subject)).to_be_visible(timeout=30_000)
    if without:  # whoever led is gone: another one leads
        page.close()
        subject = f"Inherited hinge {time.time_ns()}"
        expect(tabs[1].locator("[data-connected]")).to_be_visible()
        product.send(mail(subject))
        tabs[1].bring_to_front()
        expect(tabs[1].get_by_role("link", name=subject)).to_be_visible(timeout=30_000)


def test_signing_out_in_one_tab_ends_them_all(product: Product, open_page: OpenPage) -> None:
    page = open_page(ALICE)
    page.wait_for_selector("[data-connected]")
    other = second_tab(page)
    page.evaluate(
        """async () => {
          const token = document.querySelector('meta[name="csrf-token"]').content;
          await fetch("/sign-out", { method: "POST", headers: { "X-CSRFToken": token } });
        }"""
    )
    for tab in (other, page):
        expect(tab).to_have_url(re.compile("/sign-in"))  # which what was on its way may lead to as well


def test_a_desk_without_sockets_stays_current(product: Product, open_page: OpenPage) -> None:
    """A proxy lets no socket through: within about ten seconds the row is there all the same."""
    page = open_page(ALICE)
    page.context.add_init_script(BLOCKED)
    page.reload()
    show_queue(page)
    subject = f"Blocked hinge {time.time_ns()}"
    product.send(mail(subject))
    until(lambda: product.rows("SELECT 1 FROM tickets WHERE subject = %s", subject), "the ticket")
    began = time.monotonic()
    expect(page.get_by_role("link", name=subject)).to_be_visible(timeout=30_000)
    assert time.monotonic() - began < 20, "ten seconds, and twice that on a busy machine"
    assert page.locator("[data-connected]").count() == 0


def open_first(page: Page) -> None:
    show_queue(page)
    page.locator("#rows .td-row").first.click()
    page.wait_for_selector("#talk[data-number]")


def held_news(page: Page) -> list[Route]:
    """The next question for news is kept on its way, those after it are answered."""
    held: list[Route] = []
    page.route("**/news?*", lambda route: route.continue_() if held else held.append(route))
    return held


def mark_side(page: Page) -> None:
    page.evaluate("document.getElementById('side').dataset.old = 'yes'")


def test_what_stands_beside_comes_though_news_replaced_it_meanwhile(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    open_first(page)
    held = held_news(page)
    with page.expect_request("**/news?whole=1*"):
        page.evaluate("htmx.trigger(document.body, 'bell-beside')")
    mark_side(page)
    page.evaluate("htmx.ajax('GET', `${location.pathname}/news?whole=1`, { source: '#talk', swap: 'none' })")
    expect(page.locator("#side[data-old]")).to_have_count(0)
    mark_side(page)
    held[0].continue_()
    expect(page.locator("#side[data-old]")).to_have_count(0)


def test_a_question_for_a_pane_that_left_is_asked_by_the_next_one(open_page: OpenPage) -> None:
    """Another tab opens the same ticket anew while its news are on their way."""
    page = open_page(ALICE)
    open_first(page)
    held = held_news(page)
    with page.expect_request("**/news?*"):
        page.evaluate("htmx.trigger(document.body, 'bell-ticket')")
    mark_side(page)
    with page.expect_response("**/news?*") as asked:
        page.evaluate("htmx.ajax('GET', location.pathname, { target: '#open' })")
    assert asked.value.ok
    expect(page.locator("#side[data-old]")).to_have_count(0)
    assert len(held) == 1
