"""A form in a real browser: alone without a script, and in a frame on somebody else's site."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.shop import shop
from tests.product import Product, installed, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

MAKE = """
import json, sys
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.accounts import passwords, people, teams
from ticketdesk.brands import founding
from ticketdesk.channels.form import editing
from ticketdesk.channels.form.fields import Field
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import queues

with create_app().app_context():
    now, given = datetime.now(UTC), json.loads(sys.argv[1])
    brand = founding.name_company("Harbour & Pine", SYSTEM, now)
    team = teams.create("Care", SYSTEM, now)
    queue = queues.create(queues.Setup("Care", team.id), SYSTEM, now)
    ada = people.create("ada@example.com", "Ada Marsh", "administrator", SYSTEM, now)
    passwords.choose(ada, "garden bench 1906", SYSTEM, now)
    own = (
        Field("", "text", "Order number", "On the invoice", required=True),
        Field("", "choice", "Product", choices=("Bench", "Chair")),
        Field("", "date", "Bought on"),
        Field("", "checkbox", "I still have the packaging"),
        Field("", "long_text", "Where does it stand?"),
    )
    setup = editing.Setup("Ask us", "ask", brand.id, queue.id, "We **answer**.", "Keep it.", fields=own, **given)
    editing.create(setup, SYSTEM, now)
    db.session.commit()
"""


@pytest.fixture(scope="module")
def shop_url(product: Product) -> Iterator[str]:
    """A site that may show the form, and does."""
    with shop() as site:
        product.script(MAKE, json.dumps({"origins": [site.url]}))
        own = "script-src 'unsafe-inline'; style-src 'unsafe-inline'"
        site.policy = f"default-src 'none'; img-src data:; frame-src {product.url}; {own}"
        site.line = _lines(product)
        yield site.url


@pytest.fixture(scope="module")
def product(chromium: Browser) -> Iterator[Product]:
    """TicketDesk with a company of its own."""
    with installed(TICKETDESK_DEMO="0") as running:
        running.start()
        yield running


def _lines(product: Product) -> str:
    """What the settings ask to be copied."""
    code = (
        "from ticketdesk import create_app\n"
        "from ticketdesk.channels.form import embedding, form\n"
        "with create_app().app_context():\n"
        "    found = form.find('ask')\n"
        f"    print(embedding.snippet(found, {product.url!r}), embedding.height_script(found, {product.url!r}))\n"
    )
    return product.script(code)


def fill(page: Page, address: str) -> None:
    """What is needed; slower than a machine, because the fields are."""
    page.get_by_label("Your email").fill(address)
    page.get_by_label("What is it about?").fill("The armrest came off")
    page.get_by_label("Order number").fill("HP-20914")
    page.get_by_label("Your message").fill("It came off when I sat down.")
    page.wait_for_timeout(2100)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, shop_url: str, scheme: str, size: dict[str, int]) -> None:
    page = open_page(scheme=scheme, size=size)
    page.goto("/forms/ask")
    assert barriers(page) == []
    fill(page, f"{scheme}{size['width']}@customer.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your message has reached us")
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_without_a_script_words_and_files_survive_a_refusal(
    chromium: Browser, product: Product, shop_url: str, tmp_path: Path
) -> None:
    picture = tmp_path / "armrest.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    context = chromium.new_context(java_script_enabled=False, base_url=product.url)
    page = context.new_page()
    page.goto("/forms/ask")
    fill(page, "no script")
    page.get_by_label("Pictures and other files").set_input_files(picture)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not an email address.")
    expect(page.get_by_label("Your message")).to_have_value("It came off when I sat down.")
    expect(page.get_by_role("checkbox", name="armrest.png")).to_be_checked()
    page.get_by_label("Your email").fill("noscript@customer.example")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your message has reached us")
    page.get_by_role("link", name="Follow your ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The armrest came off")
    expect(page.get_by_text("armrest.png")).to_be_visible()
    context.close()


def test_a_frame_on_a_named_site_is_as_high_as_its_form(open_page: OpenPage, product: Product, shop_url: str) -> None:
    page = open_page()
    page.goto(shop_url)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Ask us")).to_be_visible()
    height = until(lambda: int(page.evaluate("document.querySelector('iframe').height")) != 900, "its own height")
    assert height
    frame.get_by_label("Your email").fill("frame@customer.example")
    frame.get_by_label("What is it about?").fill("From the shop")
    frame.get_by_label("Order number").fill("1")
    frame.get_by_label("Your message").fill("Hello.")
    page.wait_for_timeout(2100)
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Your message has reached us")
    assert product.rows("SELECT count(*) FROM tickets WHERE subject = 'From the shop'") == [(1,)]


def test_another_site_cannot_show_it(chromium: Browser, product: Product, shop_url: str) -> None:
    with shop() as other:
        other.policy = f"default-src 'none'; img-src data:; frame-src {product.url}"
        other.line = _lines(product)
        page = chromium.new_context().new_page()
        refused: list[str] = []
        page.on("console", lambda word: refused.append(word.text) if "frame-ancestors" in word.text else None)
        page.goto(other.url)
        until(lambda: bool(refused), "the browser's refusal")
        assert page.frame_locator("iframe").get_by_label("Your email").count() == 0
        page.context.close()


def test_files_too_large_are_told_before_they_are_sent(open_page: OpenPage, shop_url: str, tmp_path: Path) -> None:
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(26_000_000)
    page = open_page()
    page.goto("/forms/ask")
    page.get_by_label("Pictures and other files").set_input_files(large)
    expect(page.get_by_text("These files are too large together.")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Pictures and other files")).to_be_focused()
    page.get_by_label("Pictures and other files").set_input_files([])
    expect(page.get_by_text("These files are too large together.")).to_be_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_settings_of_forms_and_brands(
    open_page: OpenPage, shop_url: str, scheme: str, size: dict[str, int]
) -> None:
    page = open_page("ada@example.com", scheme=scheme, size=size)
    for place in ("forms", "forms/1", "forms/new", "brands", "brands/1", "brands/new"):
        page.goto(f"/admin/{place}")
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place
    page.goto("/admin/forms/1")
    page.get_by_label("Title").fill("Tell us")
    expect(page.locator("#preview")).to_contain_text("Tell us")
    with page.expect_response("**/admin/forms/preview"):
        page.get_by_role("group", name="Field 1").get_by_label("Label").fill("Invoice")
    expect(page.locator("#preview")).to_contain_text("Invoice")
