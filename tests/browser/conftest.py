"""A real Chromium, and the product it looks at."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, expect, sync_playwright

from tests.needs import need
from tests.product import Product, installed
from ticketdesk.demo.company import PASSWORD

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 760}
AT_ONCE = 5_000
"""Milliseconds, beside other tests: a list is asked for every two seconds at most, and without the bell every eight."""

expect.set_options(timeout=15_000)  # whatever takes longer than that beside other tests does not come


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file; while it lives, no other event loop can run in this process."""
    program = need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def product(chromium: Browser) -> Iterator[Product]:
    """TicketDesk with its demo company, as a newcomer finds it."""
    with installed(TICKETDESK_DEMO="1") as running:
        running.start()
        yield running


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, product: Product) -> Iterator[OpenPage]:
    """A new browser of somebody; whatever its console complains of fails the test."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def open_one(who: str | None = None, scheme: str = "light", size: dict[str, int] | None = None) -> Page:
        options: dict[str, Any] = {"viewport": size or WIDE, "color_scheme": scheme, "base_url": product.url}
        context = chromium.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(15_000)
        complaints: list[str] = []
        opened.append((context, complaints))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda word: complaints.append(word.text) if is_complaint(word) else None)
        if who is not None:
            page.goto("/sign-in")
            page.get_by_label("Email").fill(who)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/desk/**")
        return page

    yield open_one
    said = [complaint for _context, complaints in opened for complaint in complaints]
    for context, _complaints in opened:
        context.close()
    assert said == []


MEANT = (
    "401 (UNAUTHORIZED)",  # what was on its way as somebody signed out
    "404 (NOT FOUND)",
    "409 (CONFLICT)",
    "422 (UNPROCESSABLE ENTITY)",
    "Error Code 401",
    "Error Code 404",
    "Error Code 409",
    "Error Code 422",
    "ERR_INTERNET_DISCONNECTED",  # only a test takes the connection away
    "htmx:sendAbort",  # a newer question takes the place of one that is on its way
    "htmx:afterRequest",  # goes with it; what failed for another reason is told besides
)


def is_complaint(word: ConsoleMessage) -> bool:
    """Whether a page's console says that something is wrong; what is missing or refused was asked for on purpose."""
    return word.type == "error" and not any(meant in word.text for meant in MEANT)


def barriers(page: Page | Frame) -> list[str]:
    """What axe knows to keep somebody out (WCAG 2.2 AA)."""
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    found = Axe().run(page, options=rules)
    return [
        f"{page.url} {one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:3]}"
        for one in found.response["violations"]
    ]
