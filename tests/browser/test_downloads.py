"""Files that others sent, opened by their address in a real browser: they are saved, and nothing runs (IN-05)."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Download, Error, Page, Route

from tests.security.conftest import set_stage, stage  # noqa: F401  # fixtures
from tests.security.stage import Stage
from tests.security.test_files import CONTENTS, PNG, put

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
HOST = "http://desk.test"
DECLARED = ("text/html", "image/svg+xml", "application/pdf", "image/png", "text/javascript", "application/xhtml+xml")
RUNS = b"<script>document.title = 'ran'; fetch('/ran')</script>"
KINDS = CONTENTS | {
    "shown.html": b"<!doctype html><title>shown</title>" + RUNS,
    "shown.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>fetch("/ran")</script></svg>',
    "also.gif": b"GIF89a=1;" + RUNS,
    "shown.xml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + RUNS + b"</html>",
}


class Desk:
    """A browser whose every request is answered by the app as alice, or noted."""

    def __init__(self, page: Page, stage: Stage) -> None:  # noqa: F811
        self.page = page
        self.client = stage.client("alice")
        self.asked: list[str] = []
        self.saved: list[Download] = []
        page.on("download", lambda download: self.saved.append(download))
        page.route("**/*", self._answer)

    def open(self, address: str) -> str:
        """Go there as if its address had been typed; what the page then holds, nothing when it is only saved."""
        self.asked.clear()
        self.saved.clear()
        self.page.goto(f"{HOST}/before")
        try:
            self.page.goto(HOST + address)
        except Error as error:
            if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                raise
        self.page.wait_for_timeout(150)
        return "" if self.page.url == f"{HOST}/before" else self.page.content()

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.path == "/before":
            route.fulfill(content_type="text/html", body="<title>before</title>")
            return
        self.asked.append(parts.path)
        if parts.netloc != "desk.test" or not parts.path.startswith("/desk/attachments/"):
            route.abort()
            return
        found = self.client.get(f"{parts.path}?{parts.query}")
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)


@pytest.fixture
def desk(chromium: Browser, stage: Stage) -> Iterator[Desk]:  # noqa: F811
    context = chromium.new_context(accept_downloads=True)
    yield Desk(context.new_page(), stage)
    context.close()


def test_no_file_is_shown_as_a_page(stage: Stage, desk: Desk) -> None:  # noqa: F811
    bad = {}
    for name, content in KINDS.items():
        for declared in DECLARED:
            reference = put(stage, content, name, declared)
            for view in ("", "?view=1"):
                address = f"/desk/attachments/{reference}"
                held = desk.open(address + view)
                asked = [path for path in desk.asked if path not in (address, "/favicon.ico")]
                # What really is a picture may be looked at; the browser then shows it in a page of its own making.
                shown = held and not (name == "also.gif" and view and "<img" in held and "<script" not in held)
                if shown or asked or desk.page.title() == "ran":
                    bad[name, declared, view] = (held[:100], asked)
    assert bad == {}


def test_a_picture_is_looked_at_and_what_is_saved_is_what_was_sent(stage: Stage, desk: Desk) -> None:  # noqa: F811
    """The other side: the test above can tell a file that is shown from one that is saved."""
    reference = put(stage, PNG, "picture.html", "text/html")
    assert "<img" in desk.open(f"/desk/attachments/{reference}?view=1")
    assert desk.open(f"/desk/attachments/{reference}") == ""
    (saved,) = desk.saved
    assert saved.suggested_filename.startswith("picture")
