"""Promises in a real browser: read on the form, in the chat and on the ticket's page, told ahead, and kept in view."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product, installed, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

NARROW = {"width": 360, "height": 560}
ADA = "ada@example.com"
MAKE = """
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts import passwords, people, teams
from ticketdesk.brands import founding
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels.chat import widgets
from ticketdesk.channels.form import editing as forms
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.contacts import resolving
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.demo.company import PASSWORD
from ticketdesk.sla import defaults, editing, promising
from ticketdesk.sla.history import AnswerTime
from ticketdesk.tickets import opening, queues, receiving, replying, tracking
from ticketdesk.tickets.receiving import Letter

with create_app().app_context():
    now = datetime.now(UTC)
    month, hour = timedelta(days=30), timedelta(hours=1)
    brand = founding.name_company("Harbour & Pine", SYSTEM, now - month)
    brand.locale, brand.timezone = "en_GB", "Europe/London"
    team = teams.create("Care", SYSTEM, now - month)
    queue = queues.create(queues.Setup("Care", team.id), SYSTEM, now - month)
    ada = people.create("ada@example.com", "Ada Marsh", "administrator", SYSTEM, now - month)
    passwords.choose(ada, PASSWORD, SYSTEM, now)
    policy = defaults.create(SYSTEM, now - month)
    words = editing.words_of(editing.in_force(policy.id))
    editing.change(policy, replace(words, tells_ahead=True), SYSTEM, now - month)
    calendar = db.session.scalars(select(Calendar)).one()
    calendars.change(calendar, "UTC", [[[0, 1440]]] * 7, SYSTEM, now - month)
    box = db.session.scalar(select(Mailbox)) or Mailbox(
        brand_id=brand.id,
        queue_id=queue.id,
        address="support@example.com",
        name="Harbour & Pine",
        is_default=True,
        created_at=now,
    )
    box.queue_id = queue.id
    db.session.add(box)
    db.session.flush()
    for channel in ("email", "form", "chat"):
        spans = {"answers": 143, "p50_s": 2400, "p80_s": 7000, "reckoned_at": now}
        db.session.add(AnswerTime(queue_id=queue.id, channel=channel, metric="first_response", **spans))
    forms.create(forms.Setup("Ask us", "ask", brand.id, queue.id, "We **answer** every letter.", ""), SYSTEM, now)
    widget = widgets.create(
        widgets.Setup("Shop", brand.id, queue.id, [], greeting="What can we do for you?"), SYSTEM, now
    )
    dana = resolving.resolve("email", "dana@customer.example", "Dana Whitlock", now - month)

    def asked(subject, at):
        ticket = opening.open_ticket(queue_id=queue.id, requester=dana, subject=subject, channel="email",
            by=Actor("contact", dana.id), at=at, mailbox_id=box.id)
        receiving.receive(ticket, dana, Letter("email", "It came off when I sat down. What now?"), at)
        promising.make(ticket, "acknowledgement", at)
        return ticket

    kept = asked("The armrest came off", now - 5 * hour)
    replying.reply(kept, ada, "A new one is on its way.", to=[(dana.value, "")], at=now - 2 * hour)
    receiving.receive(kept, dana, Letter("email", "And the bolt?"), now - hour)
    promising.make(kept, "portal", now - hour)
    late = asked("Where is my bench?", now - 3 * hour - timedelta(minutes=45))
    links = [tracking.address(tracking.link_for(one.id, dana.id, now)) for one in (kept, late)]
    db.session.commit()
    print(json.dumps({"links": links, "numbers": [kept.number, late.number], "key": widget.key}))
"""


@dataclass
class Made:
    """What there is to look at."""

    links: list[str]
    numbers: list[int]
    key: str


@pytest.fixture(scope="module")
def product(chromium: Browser) -> Iterator[Product]:
    """TicketDesk with a company of its own."""
    with installed(TICKETDESK_DEMO="0") as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def made(product: Product) -> Made:
    """A ticket whose promise was kept, and one whose customer is just being told that it takes longer."""
    found = Made(**json.loads(product.script(MAKE).strip().splitlines()[-1]))
    until(lambda: product.sent_to("dana@customer.example"), "the mail that tells")
    return found


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures."""
    if folder := os.environ.get("TICKETDESK_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def fits(page: Page, size: dict[str, int]) -> None:
    """Nobody is kept out, and nothing runs out of the page."""
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in (WIDE, PHONE)]
looks = pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=lambda value: str(value)[:5] + str(value)[-5:-1])


def named(what: str, scheme: str, size: dict[str, int]) -> str:
    return f"{what}-{scheme}-{size['width']}"


@looks
def test_on_the_form_and_its_confirmation(open_page: OpenPage, made: Made, scheme: str, size: dict[str, int]) -> None:
    page = open_page(scheme=scheme, size=size)
    page.goto("/forms/ask")
    expect(page.get_by_text("We usually answer within 2 hours; at the latest")).to_be_visible()
    page.get_by_text("We usually answer").scroll_into_view_if_needed()
    fits(page, size)
    shot(page, named("form", scheme, size))
    page.get_by_label("Your email").fill(f"{scheme}{size['width']}@customer.example")
    page.get_by_label("What is it about?").fill("The armrest came off")
    page.get_by_label("Your message").fill("It came off when I sat down.")
    page.wait_for_timeout(2100)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We usually answer within 2 hours; at the latest")).to_be_visible()
    fits(page, size)
    shot(page, named("form-sent", scheme, size))


@looks
def test_on_the_tickets_page(open_page: OpenPage, made: Made, scheme: str, size: dict[str, int]) -> None:
    page = open_page(scheme=scheme, size=size)
    page.goto(made.links[1])
    expect(page.get_by_text("We had promised it for")).to_be_visible()
    fits(page, size)
    shot(page, named("ticket-moved", scheme, size))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_the_chat(open_page: OpenPage, made: Made, scheme: str) -> None:
    page = open_page(scheme=scheme, size=NARROW)
    page.goto(f"/widget/{made.key}")
    expect(page.get_by_text("We usually answer within 2 hours; at the latest")).to_be_visible()
    fits(page, NARROW)
    shot(page, named("chat-before", scheme, NARROW))


@looks
def test_beside_the_ticket(open_page: OpenPage, made: Made, scheme: str, size: dict[str, int]) -> None:
    page = open_page(ADA, scheme=scheme, size=size)
    for number in made.numbers:
        page.goto(f"/desk/tickets/{number}" + ("#side" if size is PHONE else ""))
        panel = page.locator("section", has=page.get_by_role("heading", name="Promised"))
        expect(panel).to_contain_text("in the acknowledgement")
        panel.scroll_into_view_if_needed()
        fits(page, size)
        shot(page, named(f"desk-{made.numbers.index(number)}", scheme, size))


def test_the_mail_says_both_times(product: Product, made: Made) -> None:
    (mail,) = [one for one in product.sent_to("dana@customer.example") if "longer" in str(one["subject"])]
    assert mail["auto-submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "We promised you an answer by" in body.get_content()
    assert "We expect to answer by" in body.get_content()
