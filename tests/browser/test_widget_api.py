"""What a site calls the chat with: its visitor's identity, facts, events, and nothing that harms either side."""

import gzip
import json
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.shop import Shop
from tests.browser.test_widget import ADA, OpenVisitor, Visitor, _line, key, make_widget, put_into, site, visit
from tests.product import Product, until

__all__ = ["_line", "key", "site", "visit"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SECRET = """
import sys
from datetime import UTC, datetime
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.channels.chat import widget_secrets
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db

with create_app().app_context():
    widget = db.session.scalars(select(Widget).where(Widget.key == sys.argv[1])).one()
    print(widget_secrets.make(widget, SYSTEM, datetime.now(UTC))[1])
    db.session.commit()
"""
HEARD = """() => {
  window.heard = [];
  for (const name of ["ready", "open", "close", "unread", "message", "error"]) {
    TicketDesk.on(name, (detail) => heard.push([name, detail]));
  }
}"""
HOSTILE_SCRIPT = """
  for (const it of [Array.prototype, Object.prototype, String.prototype]) it.toJSON = () => "spoilt";
  Object.prototype.port = "spoilt"; Object.prototype.token = "spoilt"; Object.prototype.identity = "spoilt";
  window.name = "spoilt"; window.opener = window; window.status = "spoilt";
  window.$ = window.jQuery = window.define = window.require = () => { throw new Error("spoilt"); };
"""


@pytest.fixture(scope="module")
def secret(product: Product, key: str) -> str:
    return product.script(SECRET, key).split()[-1]


def token(secret: str, sub: str = "42", minutes: int = 60, **claims: Any) -> str:
    """As the site's server would make it."""
    said = {"sub": sub, "exp": datetime.now(UTC) + timedelta(minutes=minutes), **claims}
    return jwt.encode(said, secret, algorithm="HS256")


def signed_in(visitor: Visitor, product: Product, user_id: str) -> None:
    """Wait until the server knows the visitor of the open page under this id."""
    value = f"%:{user_id}"
    asked = "SELECT id FROM visitors WHERE external_id LIKE %s AND ended_at IS NULL"
    until(lambda: visitor.page.wait_for_timeout(50) or product.rows(asked, value), "a signed visitor", 15)


@pytest.fixture
def heard(visit: OpenVisitor) -> Visitor:
    visitor = visit()
    visitor.page.evaluate(HEARD)
    return visitor


def shows_nothing(visitor: Visitor) -> None:
    """Wait until the frame that stands there by now has no talk in it; frames change with whom they are for."""

    def is_empty() -> bool:
        visitor.page.wait_for_timeout(50)
        frame = visitor.find_frame()
        with suppress(Error):  # it was just replaced
            return frame is not None and frame.locator("#talk").count() == 1 and not frame.locator("[data-seq]").count()
        return False

    until(is_empty, "an empty talk", 15)


def waiting(visitor: Visitor) -> list[str]:
    """What this browser keeps that was not sent yet."""
    return [one for one in visitor.frame.evaluate("Object.keys(localStorage)") if ":out:" in one]


def words(visitor: Visitor, name: str) -> list[Any]:
    """What was heard of one event."""
    return [detail for event, detail in visitor.page.evaluate("heard") if event == name]


def test_the_loader_stays_under_ten_kilobytes(product: Product) -> None:
    with urllib.request.urlopen(f"{product.url}/widget.js") as answer:
        body = answer.read()
    assert len(gzip.compress(body, 9)) < 10_000
    assert b"eval" not in body and b"innerHTML" not in body and b"document.write" not in body


def test_the_names_that_sites_rely_on(heard: Visitor) -> None:
    page = heard.page
    names = page.evaluate("Object.keys(TicketDesk).sort()")
    assert names == ["close", "identify", "on", "open", "push", "reset", "set", "toggle"]
    page.evaluate("TicketDesk.open()")
    expect(heard.frame.get_by_label("Your message")).to_be_visible()
    page.evaluate("TicketDesk.toggle()")
    page.evaluate("TicketDesk.push(['open'], ['close'])")
    until(lambda: page.wait_for_timeout(20) or len(words(heard, "close")) == 2, "two closings", 10)
    assert len(words(heard, "open")) == 2
    until(lambda: page.wait_for_timeout(20) or words(heard, "ready"), "ready, though it was asked for late", 10)
    count = "() => { let n = 0; const stop = TicketDesk.on('open', () => n += 1); TicketDesk.open(); stop(); stop();"
    assert page.evaluate(f"{count} TicketDesk.close(); TicketDesk.open(); TicketDesk.close(); return n; }}") == 1
    nothing = ["nothing", "toString", "__proto__", "push"]
    for name in nothing:
        page.evaluate("(name) => { TicketDesk.push([name, [name]]); TicketDesk.on(name, () => {})(); }", name)
    page.evaluate("TicketDesk.on('open', () => { throw new TypeError('theirs') })")
    page.evaluate("TicketDesk.set(null); TicketDesk.set(7); TicketDesk.on('open', 7)(); TicketDesk.open()")
    expect(heard.page.get_by_role("button", name="Close the chat")).to_be_visible()
    page.wait_for_timeout(100)
    heard.complaints[:] = [one for one in heard.complaints if "theirs" not in one]


def test_messages_are_told_without_their_words(product: Product, open_page: OpenPage, heard: Visitor) -> None:
    heard.open()
    first = f"Heard {datetime.now(UTC).timestamp()}"
    heard.write(first)
    expect(heard.said(first)).to_be_visible()
    heard.page.evaluate("TicketDesk.close()")
    agent = open_page("alice@example.com")
    agent.get_by_role("link", name="Delivery & damage").first.click()
    agent.locator("a.td-row").filter(has_text=first).click()
    agent.get_by_label("Your reply").fill("Secret words")
    agent.get_by_role("button", name="Send", exact=True).click()
    until(lambda: heard.page.wait_for_timeout(50) or words(heard, "unread") == [1], "one unread", 30)
    until(lambda: heard.page.wait_for_timeout(50) or words(heard, "message") == [{"count": 1}], "a message", 10)
    assert "Secret" not in json.dumps(heard.page.evaluate("heard"))


def test_calls_before_the_script_and_a_token_in_its_line(
    product: Product, site: Shop, key: str, secret: str, visit: OpenVisitor
) -> None:
    early = "window.TicketDesk = window.TicketDesk || []; TicketDesk.push(['set', {name: 'Early'}], ['open'])"
    put_into(site, product, key, f' data-user-token="{token(secret, "early", name="Dana Keane")}" data-position="left"')
    site.policy = site.policy.replace("script-src ", "script-src 'unsafe-inline' ")
    site.line = f"<script>{early}</script>{site.line}"
    visitor = visit()
    expect(visitor.frame.get_by_label("Your message")).to_be_visible()
    signed_in(visitor, product, "early")
    assert visitor.page.get_by_role("button", name="Close the chat").bounding_box()["x"] < WIDE["width"] / 2  # type: ignore[index]
    visitor.write("Before anything was there")
    expect(visitor.said("Before anything was there")).to_be_visible()
    name = product.rows(
        "SELECT i.name, i.verification FROM messages m JOIN identities i ON i.id = m.identity_id WHERE m.text = %s",
        "Before anything was there",
    )
    assert name == [("Dana Keane", "signed")]


def test_who_is_signed_in_has_their_talk_everywhere_and_leaves_nothing_behind(
    product: Product, secret: str, visit: OpenVisitor
) -> None:
    laptop = visit(rough=True)
    laptop.open()
    laptop.write("As nobody yet")
    expect(laptop.said("As nobody yet")).to_be_visible()
    laptop.page.evaluate("(it) => TicketDesk.identify(it)", token(secret, "7"))
    signed_in(laptop, product, "7")
    expect(laptop.said("As nobody yet")).to_be_visible()
    laptop.write("Now as Dana")
    expect(laptop.said("Now as Dana")).to_be_visible()
    laptop.page.reload()
    expect(laptop.launcher).to_be_visible()
    laptop.open()
    shows_nothing(laptop)  # a page that names nobody shows nobody's talk
    laptop.page.evaluate("(it) => TicketDesk.identify(it)", token(secret, "7"))
    expect(laptop.said("Now as Dana")).to_be_visible()

    phone = visit(size=PHONE)
    phone.page.evaluate("(it) => TicketDesk.identify({token: it})", token(secret, "7"))
    phone.open()
    expect(phone.said("Now as Dana")).to_be_visible()
    phone.page.evaluate("(it) => TicketDesk.identify(it)", token(secret, "8"))
    signed_in(phone, product, "8")
    shows_nothing(phone)
    phone.write("Somebody else")
    expect(phone.said("Somebody else")).to_be_visible()
    expect(phone.said("Now as Dana")).to_have_count(0)

    laptop.page.evaluate("TicketDesk.identify(null)")
    shows_nothing(laptop)
    until(
        lambda: (
            laptop.page.wait_for_timeout(50)
            or not [one for one in laptop.frame.evaluate("Object.keys(localStorage)") if one.endswith(":token")]
        ),
        "an empty shelf",
        10,
    )


def test_words_from_before_signing_in_go_under_the_name_that_came(
    product: Product, secret: str, visit: OpenVisitor
) -> None:
    visitor = visit(rough=True)
    visitor.open()
    visitor.page.context.route("**/messages", lambda route: route.abort())
    visitor.write("Before I signed in")
    expect(visitor.frame.locator("[data-pending]")).to_be_visible()
    visitor.page.evaluate("(it) => TicketDesk.identify(it)", token(secret, "9"))
    signed_in(visitor, product, "9")
    visitor.page.context.unroute("**/messages")
    expect(visitor.said("Before I signed in")).to_be_visible(timeout=40_000)
    until(lambda: visitor.page.wait_for_timeout(50) or not waiting(visitor), "nothing that waits to be sent", 40)
    by = product.rows(
        "SELECT i.kind FROM messages m JOIN identities i ON i.id = m.identity_id WHERE m.text = 'Before I signed in'"
    )
    assert by == [("external",)]
    visitor.page.evaluate("TicketDesk.identify(null)")
    shows_nothing(visitor)


def test_a_proof_that_does_not_hold_is_told_to_the_developer_alone(
    product: Product, secret: str, heard: Visitor
) -> None:
    hints: list[str] = []
    heard.page.on("console", lambda word: hints.append(word.text) if word.type == "warning" else None)
    heard.page.evaluate("(it) => TicketDesk.identify(it)", token(secret, "9", minutes=-5))
    until(lambda: heard.page.wait_for_timeout(50) or words(heard, "error"), "an error", 15)
    assert words(heard, "error")[0]["code"] == "identity"
    assert any("expired" in hint and "stays anonymous" in hint for hint in hints)
    heard.open()
    heard.write("I may write all the same")
    expect(heard.said("I may write all the same")).to_be_visible()
    assert heard.frame.get_by_text("expired").count() == 0
    heard.complaints[:] = [one for one in heard.complaints if "403" not in one]


def test_facts_language_and_theme(product: Product, heard: Visitor) -> None:
    heard.page.evaluate("TicketDesk.set({theme: 'dark', attributes: {Plan: 'Pro', f: () => 1, Cart: 3}, name: 'Dana'})")
    heard.open()
    until(
        lambda: (
            heard.page.wait_for_timeout(50)
            or heard.frame.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
        ),
        "the dark",
        10,
    )
    heard.write("With facts")
    expect(heard.said("With facts")).to_be_visible()
    kept = product.rows(
        "SELECT v.attributes, v.name FROM visitors v JOIN messages m USING (identity_id) WHERE m.text = %s",
        "With facts",
    )
    assert kept == [({"Plan": "Pro", "Cart": 3}, "Dana")]
    heard.page.evaluate("TicketDesk.set({language: 'de'})")
    until(lambda: heard.page.wait_for_timeout(50) or "locale=de" in heard.frame.url, "German", 10)
    expect(heard.frame.locator("html")).to_have_attribute("lang", "de")
    expect(heard.said("With facts")).to_be_visible()


def test_a_site_of_one_page_tells_where_its_visitor_goes(product: Product, heard: Visitor) -> None:
    where = "SELECT v.page FROM visitors v JOIN messages m USING (identity_id) WHERE m.text = %s"

    def is_at(path: str) -> bool:
        heard.page.wait_for_timeout(50)
        return str(product.rows(where, "From one page")[0][0]).endswith(path)

    heard.open()
    heard.write("From one page")
    expect(heard.said("From one page")).to_be_visible()
    heard.page.evaluate("history.pushState({}, '', '/chairs?size=3')")
    until(lambda: is_at("/chairs"), "the chairs, without what follows a question mark", 15)
    heard.page.evaluate("TicketDesk.set({page: 'https://shop.example/named'})")
    until(lambda: is_at("shop.example/named"), "the name that the site gave", 15)
    heard.page.evaluate("history.pushState({}, '', '/tables')")
    heard.page.wait_for_timeout(2500)
    assert is_at("shop.example/named"), "what the site names holds"
    pages = product.rows(where.replace("v.page ", "v.pages "), "From one page")[0][0]
    assert [one["url"].rpartition("/")[2] for one in pages][-1] == "chairs"


def test_a_page_that_spoils_what_scripts_rely_on(
    product: Product, site: Shop, key: str, secret: str, visit: OpenVisitor
) -> None:
    put_into(site, product, key)
    site.policy = site.policy.replace("script-src ", "script-src 'unsafe-inline' ")
    site.line = f'<div id="TicketDesk"></div><script>{HOSTILE_SCRIPT}</script>{site.line}'
    visitor = visit()
    visitor.open()
    visitor.write("All the same")
    expect(visitor.said("All the same")).to_be_visible()
    visitor.page.evaluate("(it) => TicketDesk.identify({token: it})", token(secret, "spoilt"))
    signed_in(visitor, product, "spoilt")


def test_exactly_the_documented_directives_are_needed(
    product: Product, site: Shop, key: str, secret: str, visit: OpenVisitor
) -> None:
    """Neither style-src nor connect-src nor anything inline; and each of the two is needed."""
    put_into(site, product, key, f' data-user-token="{token(secret, "strict")}"')
    site.policy = f"default-src 'none'; script-src {product.url}; frame-src {product.url}"
    visitor = visit(rough=True)
    visitor.open()
    signed_in(visitor, product, "strict")
    visitor.write("Strictly")
    expect(visitor.said("Strictly")).to_be_visible()
    refused = [one for one in visitor.complaints if "Content Security Policy" in one and "Loading the image" not in one]
    assert refused == []
    for missing in ("script-src", "frame-src"):
        site.policy = "; ".join(
            part
            for part in (f"default-src 'none'; script-src {product.url}; frame-src {product.url}").split("; ")
            if not part.startswith(missing)
        )
        visitor.page.goto(site.url)
        visitor.page.wait_for_timeout(1500)
        assert visitor.launcher.count() == 0, missing


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_screen_of_signed_visitors(
    product: Product, site: Shop, open_page: OpenPage, scheme: str, size: dict[str, int]
) -> None:
    number = product.rows("SELECT id FROM widgets WHERE key = %s", make_widget(product, site))[0][0]
    page = open_page(ADA, scheme, size)
    page.goto(f"/admin/widgets/{number}/signing")
    page.get_by_role("button", name="Make a secret").click()
    expect(page.get_by_role("heading", name="The new secret")).to_be_visible()
    for summary in page.locator("details summary").all():
        summary.click()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("taken back", exact=True)).to_be_visible()
