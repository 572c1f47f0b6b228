"""Mail in its frame, in a real browser: nothing runs, nothing is fetched, nothing leaves, cleaned or not (IN-02)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

from tests.core.test_html_vectors import _VECTORS as VECTORS
from tests.people import World
from tests.web.desk.conftest import Write, alice, browser, write  # noqa: F401  # fixtures
from ticketdesk.core import html
from ticketdesk.core.db import db

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
HOST = "http://desk.test"
FRAME = """<!doctype html><title>Desk</title>
<iframe sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" src="{}" width="600" height="400">
</iframe>"""


class Desk:
    """A browser whose every request is answered by the app, or noted when it would leave."""

    def __init__(self, page: Page, client: FlaskClient) -> None:
        self.page, self.client = page, client
        self.harm: list[str] = []
        self.frame = ""
        page.route("**/*", self._answer)
        page.on("dialog", self._dialog)
        page.add_init_script("window.alert = () => fetch('/ran')")

    def show(self, address: str) -> None:
        """Open a page with the mail in its frame, and touch everything in it."""
        self.frame = address
        self.page.goto(f"{HOST}/desk-page")
        self.page.frames[1].wait_for_load_state("load")
        if self.page.url != f"{HOST}/desk-page":
            self.harm.append(f"the page went to {self.page.url}")

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.netloc != "desk.test" or parts.path == "/ran" or route.request.method != "GET":
            self.harm.append(f"{route.request.method} {route.request.url}")
            route.abort()
        elif parts.path == "/desk-page":
            route.fulfill(content_type="text/html", body=FRAME.format(self.frame))
        elif parts.path.startswith("/desk/"):
            found = self.client.get(f"{parts.path}?{parts.query}")
            route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)
        elif parts.path == "/favicon.ico":
            route.fulfill(status=404)
        else:
            self.harm.append(f"asked for {parts.path}")
            route.fulfill(status=404)

    def _dialog(self, dialog: Any) -> None:
        self.harm.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def desk(chromium: Browser, alice: FlaskClient) -> Iterator[Desk]:  # noqa: F811
    context = chromium.new_context()
    yield Desk(context.new_page(), alice)
    context.close()


@pytest.mark.parametrize("is_cleaned", [True, False], ids=["cleaned", "as if the cleaner had failed"])
def test_no_vector_runs_fetches_or_leaves(
    app: Flask,
    world: World,
    desk: Desk,
    write: Write,  # noqa: F811
    is_cleaned: bool,
) -> None:
    made = write("x", html="<p>x</p>", cleaner_version=html.CLEANER_VERSION)
    address = f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}/sheet"
    bad = {}
    for vector in VECTORS:
        made.message.html = html.clean(vector) if is_cleaned else vector
        db.session.commit()
        desk.harm.clear()
        desk.show(address)
        outside = [found for found in desk.harm if is_cleaned or not found.startswith("asked for")]
        if outside:
            bad[vector] = outside
    assert bad == {}


def test_words_are_seen_and_a_link_opens_a_page_of_its_own(world: World, desk: Desk, write: Write) -> None:  # noqa: F811
    body = '<p>Look at <a href="https://shop.test/">our shop</a></p><table><tr><td width="3000">wide</td></tr></table>'
    made = write("x", html=html.clean(body), cleaner_version=html.CLEANER_VERSION)
    desk.show(f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}/sheet")
    frame = desk.page.frames[1]
    assert frame.inner_text("p") == "Look at our shop"
    link = frame.query_selector("a")
    assert link is not None
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer nofollow")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert desk.harm == []
