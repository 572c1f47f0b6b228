"""The full circle in one session: form, chat and mail, answered, followed, merged, solved, rated and reported."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.shop import Shop, shop
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ALICE, SAM = "alice@example.com", "sam@example.com"
NORA, VERA = "nora.quill@customer.test", "vera@customer.test"
QUEUE = "Delivery & damage"
AT_ONCE = 2_000
SET_UP = """
import json, sys
from datetime import UTC, datetime
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.brands.brand import default_brand
from ticketdesk.channels.chat import widgets
from ticketdesk.channels.form import editing
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.surveys import settings
from ticketdesk.tickets.queue import Queue

origin, queue_name = sys.argv[1:]
with create_app().app_context():
    now, brand = datetime.now(UTC), default_brand()
    queue = db.session.scalars(select(Queue).where(Queue.name == queue_name)).one()
    editing.create(editing.Setup("Ask us", "circle", brand.id, queue.id), SYSTEM, now)
    widget = widgets.create(
        widgets.Setup(name="Circle", brand_id=brand.id, queue_id=queue.id, origins=[origin]), SYSTEM, now
    )
    settings.save(brand.id, settings.Rules(delay_minutes=0, enabled=True), SYSTEM, now)
    db.session.commit()
    print(widget.key)
"""
LET_TIME_PASS = """
from ticketdesk import create_app
from ticketdesk.core.db import db

with create_app().app_context():
    for statement in (
        "UPDATE visitors SET last_seen_at = last_seen_at - interval '10 minutes', "
        "left_at = left_at - interval '10 minutes'",
        "UPDATE messages SET written_at = written_at - interval '10 minutes' "
        "WHERE id IN (SELECT message_id FROM outbox WHERE channel = 'chat' AND state = 'queued')",
        "UPDATE outbox SET due_at = now() WHERE channel = 'chat' AND state = 'queued'",
    ):
        db.session.execute(db.text(statement))
    db.session.commit()
"""
RECKON = """
import json
from datetime import UTC, datetime
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.sla import loading, timers
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    found = []
    for number, ticket_id in db.session.execute(select(Ticket.number, Ticket.id)).all():
        told = loading.happenings([ticket_id])[ticket_id]
        for timer in timers.reckon(told, timers.terms([told]), datetime.now(UTC)):
            if timer.metric == "first_response" and timer.state != "ended":
                answered = timer.stopped_at is not None and timer.ended_reason is None
                found.append([number, timer.consumed_s if answered else None, timer.breached_at is not None])
    print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Shop]:
    with shop() as opened:
        yield opened


@pytest.fixture(scope="module")
def key(product: Product, site: Shop) -> str:
    """The key of a chat that the site shows; a form and a survey that asks at once are made as well."""
    made = product.script(SET_UP, site.url, QUEUE).split()[-1]
    site.line = f'<script src="{product.url}/widget.js" data-key="{made}" async></script>'
    site.policy = f"default-src 'none'; script-src {product.url}; frame-src {product.url}; img-src data:"
    return made


class Desk:
    """The agent's page, which is never loaded anew."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.get_by_role("link", name=QUEUE).first.click()
        page.wait_for_selector("[data-connected]")
        page.evaluate("window.neverReloaded = true")

    def row(self, subject: str) -> Locator:
        return self.page.get_by_role("link", name=subject).first

    def sees_at_once(self, subject: str, since: float) -> None:
        """The row is there within two seconds of the moment at which it was sent."""
        expect(self.row(subject)).to_be_visible(timeout=AT_ONCE)
        assert time.monotonic() - since < AT_ONCE / 1000 + 0.5, subject
        assert self.page.evaluate("window.neverReloaded")

    def open(self, subject: str) -> int:
        """Open a ticket from the list; its number."""
        self.row(subject).click()
        expect(self.page.get_by_role("heading", name=subject).first).to_be_visible()
        self.page.wait_for_url("**/desk/tickets/*")
        return int(re.findall(r"/tickets/(\d+)", self.page.url)[0])

    def answer(self, words: str) -> None:
        self.page.get_by_label("Your reply").fill(words)
        self.page.get_by_role("button", name="Send", exact=True).click()
        expect(self.page.locator("#conversation, .td-talk").get_by_text(words).first).to_be_visible()
        expect(self.page.get_by_label("Your reply")).to_have_value("")

    def merge_with(self, number: int) -> None:
        self.page.get_by_role("button", name="More", exact=True).last.click()
        self.page.get_by_role("link", name="Merge…").click()
        self.page.locator("#sheet").get_by_role("link", name=f"#{number}").click()
        widen = self.page.get_by_label("They may see this")
        if widen.count():
            widen.check()
        self.page.locator("#sheet").get_by_role("button", name="Merge", exact=True).click()


def mail(subject: str, words: str, sender: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "support@example.com", subject
    made["Message-ID"] = f"<{subject.replace(' ', '.')}.{len(words)}@customer.test>"
    made.set_content(words)
    return made


def answering(one: EmailMessage, words: str, sender: str) -> EmailMessage:
    back = mail("Re: " + str(one["Subject"]), words, sender)
    back.replace_header("To", str(one["Reply-To"]))
    back["In-Reply-To"] = str(one["Message-ID"])
    return back


def plain(one: EmailMessage) -> str:
    body = one.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(one: EmailMessage, part: str) -> str:
    """The first address in a mail with this part."""
    return re.findall(rf"https?://\S*{part}[^\s)>\"]+", plain(one))[0]


def test_the_full_circle(product: Product, open_page: OpenPage, chromium: Browser, site: Shop, key: str) -> None:
    desk = Desk(open_page(ALICE))
    customer = open_page(None)

    # a form
    customer.goto("/forms/circle")
    customer.get_by_label("Your name").fill("Nora Quill")
    customer.get_by_label("Email").fill(NORA)
    customer.get_by_label("Subject").fill("Which oil for the elm bench")
    customer.get_by_label("Message").fill("The leaflet says linseed, the page says tung.")
    customer.wait_for_timeout(2_500)  # nobody fills in a form within two seconds
    began = time.monotonic()
    customer.get_by_role("button", name="Send", exact=True).click()
    desk.sees_at_once("Which oil for the elm bench", began)
    expect(customer.get_by_role("heading", name="Your message has reached us")).to_be_visible()
    customer.get_by_role("link", name="Follow your ticket").click()
    expect(customer.get_by_text("The leaflet says linseed").first).to_be_visible()
    page_of_form = customer.url

    # a chat
    visitor = chromium.new_context(base_url=site.url).new_page()
    visitor.goto("/")
    visitor.get_by_role("button", name=re.compile("the chat")).click()
    frame = visitor.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Vera Lund")
    frame.get_by_label(re.compile("^Email")).fill(VERA)
    frame.get_by_label("Your message").fill("Do you deliver to Jersey?")
    began = time.monotonic()
    frame.get_by_label("Your message").press("Enter")
    desk.sees_at_once("Do you deliver to Jersey?", began)

    # a mail
    began = time.monotonic()
    product.send(mail("A second coat of oil", "And how long between two coats?", f"Nora Quill <{NORA}>"))
    desk.sees_at_once("A second coat of oil", began)

    # each is answered, and whoever asked sees it
    by_form = desk.open("Which oil for the elm bench")
    desk.answer("Tung oil, one thin coat in spring.")
    customer.reload()
    expect(customer.get_by_text("Tung oil, one thin coat in spring.").first).to_be_visible()
    by_chat = desk.open("Do you deliver to Jersey?")
    desk.answer("We do, by boat on Tuesdays.")
    expect(frame.get_by_text("We do, by boat on Tuesdays.")).to_be_visible(timeout=AT_ONCE)
    by_mail = desk.open("A second coat of oil")
    desk.answer("Two days when it is dry.")
    assert len({by_form, by_chat, by_mail}) == 3

    def answers() -> list[EmailMessage]:
        return [one for one in product.sent_to(NORA) if "Two days when it is dry." in plain(one)]

    [answer] = until(answers, "the answer by mail")
    customer.goto(link_in(answer, "/t/"))
    expect(customer.get_by_text("And how long between two coats?").first).to_be_visible()
    expect(customer.get_by_text("Two days when it is dry.").first).to_be_visible()

    # the visitor leaves, the next answer goes by mail, and is answered by mail
    visitor.goto("about:blank")
    desk.open("Do you deliver to Jersey?")
    desk.answer("The next boat leaves on the fourth.")

    def missed() -> list[EmailMessage]:
        product.script(LET_TIME_PASS)
        return [one for one in product.sent_to(VERA) if "leaves on the fourth" in plain(one)]

    [burst] = until(missed, "the unread answer by mail")
    taken = product.ingest(answering(burst, "Then keep a bench for me, please.", VERA).as_bytes())
    assert (taken["outcome"], taken["ticket"], taken["threaded_by"]) == ("appended", by_chat, "recipient_token")
    expect(desk.page.get_by_text("Then keep a bench for me, please.").first).to_be_visible(timeout=5_000)
    visitor.goto("/")
    visitor.get_by_role("button", name=re.compile("the chat")).click()
    expect(frame.get_by_text("Then keep a bench for me, please.")).to_be_visible()

    # two tickets become one, and two again
    desk.open("A second coat of oil")
    desk.merge_with(by_form)
    expect(desk.page.get_by_text("And how long between two coats?").first).to_be_visible()
    expect(desk.page.get_by_text("The leaflet says linseed").first).to_be_visible()
    assert merged_into(product, by_mail, by_form)
    customer.reload()
    expect(customer.get_by_text("The leaflet says linseed").first).to_be_visible()
    desk.page.get_by_role("button", name="Undo").first.click()
    until(lambda: not merged_into(product, by_mail, by_form), "two tickets again")
    customer.reload()
    expect(customer.get_by_text("And how long between two coats?").first).to_be_visible()
    expect(customer.get_by_text("The leaflet says linseed")).to_have_count(0)

    # solved, and rated
    desk.page.goto(f"/desk/tickets/{by_form}")
    desk.page.get_by_role("button", name="Solve").click()

    def asked() -> list[EmailMessage]:
        return [one for one in product.sent_to(NORA) if "/s/" in plain(one)]

    [survey] = until(asked, "the survey")
    customer.goto(link_in(survey, "/s/"))
    customer.get_by_role("radio").last.check()
    customer.get_by_label("comment").or_(customer.locator("#comment")).first.fill("Quick and kind.")
    customer.get_by_role("button", name="Send my answer").click()
    expect(customer.get_by_text("Quick and kind.").first).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_text("Quick and kind.").first).to_be_visible()
    customer.goto(page_of_form)
    expect(customer.get_by_text("solved", exact=False).first).to_be_visible()

    # the supervisor sees all of it, and the figures are those of the events
    supervisor = open_page(SAM)
    supervisor.goto("/supervisor/satisfaction")
    expect(supervisor.get_by_text("Quick and kind.").first).to_be_visible()
    supervisor.goto("/supervisor")
    expect(
        supervisor.get_by_text("Then keep a bench", exact=False).or_(supervisor.get_by_text("Jersey")).first
    ).to_be_visible()
    supervisor.goto("/supervisor/times?days=90")
    expect(supervisor.get_by_role("heading", name="Response times")).to_be_visible()
    table = supervisor.request.get("/supervisor/times/tickets.csv?days=90&metric=first_response").body()
    shown = {
        int(row["ticket"]): (float(row["seconds"]) if row["seconds"] else None, row["verdict"] == "late")
        for row in csv.DictReader(io.StringIO(table.decode("utf-8-sig")))
    }
    reckoned = {
        number: (None if seconds is None else float(seconds), late)
        for number, seconds, late in json.loads(product.script(RECKON).splitlines()[-1])
    }
    assert {by_form, by_chat, by_mail} <= set(shown)
    assert shown == reckoned


def merged_into(product: Product, source: int, survivor: int) -> bool:
    query = "SELECT 1 FROM tickets s JOIN tickets t ON t.id = s.merged_into_id WHERE s.number = %s AND t.number = %s"
    return bool(product.rows(query, source, survivor))
