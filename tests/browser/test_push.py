"""Notices by a browser itself: it is allowed by its agent, shows what is pushed, and is taken off again."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product, until
from tests.pushed import Recipient

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
PAGE = "/desk/notices/settings"
KEYS = Recipient()
# Its maker's service is out there; all else is the browser's own.
SUBSCRIBES = (
    "PushManager.prototype.subscribe = async (wanted) => { window.wanted = wanted; return { toJSON: () => ("
    + json.dumps({"endpoint": "https://push.example/%s", "keys": {"p256dh": KEYS.p256dh, "auth": KEYS.auth}})
    + ") }; };"
)
SHOWN = (
    "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
    ".map(({ title, body, tag, data }) => ({ title, body, tag, data }))"
)


def allowing(open_page: OpenPage, product: Product, name: str, scheme: str, size: dict[str, int]) -> Page:
    """The page of a browser that may show notices and can be reached."""
    page = open_page(ALICE, scheme, size)
    page.context.grant_permissions(["notifications"], origin=product.url)
    page.add_init_script(SUBSCRIBES % name)
    page.goto(PAGE)
    return page


def pushed(page: Page, product: Product, words: dict[str, str]) -> None:
    """The browser gets a push, as if its maker's service had sent it."""
    devtools = page.context.new_cdp_session(page)
    known: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).active.state === 'activated'")
    registration = until(lambda: [one for one in known if one["scopeURL"].endswith("/desk/")], "a worker")[0]
    told = {"origin": product.url, "registrationId": registration["registrationId"], "data": json.dumps(words)}
    devtools.send("ServiceWorker.deliverPushMessage", told)


@pytest.mark.parametrize(("scheme", "size", "name"), [("light", WIDE, "wide"), ("dark", PHONE, "phone")])
def test_it_is_allowed_shows_what_is_pushed_and_is_taken_off(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int], name: str
) -> None:
    page = allowing(open_page, product, name, scheme, size)
    button = page.get_by_role("button", name="Allow on this browser")
    button.scroll_into_view_if_needed()
    assert barriers(page) == []
    button.focus()
    page.keyboard.press("Enter")
    part = page.get_by_role("region", name="Browsers")
    expect(part).to_contain_text("this one")
    expect(button).to_have_count(0)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    words = {"title": "[#1] Assigned to you", "body": "An armrest", "tag": "ticket-1", "address": "/desk/tickets/1"}
    pushed(page, product, words)
    shown = until(lambda: page.evaluate(SHOWN), "a notification")
    assert shown == [{"title": words["title"], "body": "An armrest", "tag": "ticket-1", "data": "/desk/tickets/1"}]

    part.get_by_role("listitem").filter(has_text="this one").get_by_role("button", name="Remove").click()
    expect(button).to_be_visible()
    expect(part).not_to_contain_text("this one")


def test_a_browser_that_does_not_allow_it_is_told_how(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    page.add_init_script("Notification.requestPermission = async () => 'denied';")
    page.goto(PAGE)
    page.get_by_role("button", name="Allow on this browser").click()
    expect(page.locator(".td-toast--bad")).to_contain_text("This browser does not allow it")
