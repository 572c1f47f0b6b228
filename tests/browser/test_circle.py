"""The full circle in one session: form, chat and mail, answered, followed, merged, solved, rated and reported."""

import csv
import html
import io
import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import AT_ONCE, OpenPage
from tests.browser.hours import open_day_and_night
from tests.browser.shop import Shop, shop
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ALICE, SAM = "alice@example.com", "sam@example.com"
NORA, VERA = "nora.quill@customer.test", "vera@customer.test"
QUEUE = "Delivery & damage"
PATIENCE = 20_000  # milliseconds, after which something is not there at all
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
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    now, found = datetime.now(UTC), []
    rows = db.session.execute(select(Ticket.number, Ticket.id, Queue.name).join(Queue, Queue.id == Ticket.queue_id))
    for number, ticket_id, queue in rows.all():
        told = loading.happenings([ticket_id])[ticket_id]
        for one in timers.reckon(told, timers.terms([told]), now):
            if one.state != "ended":
                found.append({
                    "metric": one.metric,
                    "ticket": number,
                    "cycle": one.cycle,
                    "queue": queue,
                    "over": one.stopped_at is not None,
                    "seconds": one.consumed_s if one.stopped_at is not None and one.ended_reason is None else None,
                    "late": one.breached_at is not None,
                    "changed": one.late_at_change,
                })
    print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Shop]:
    with shop() as opened:
        yield opened


@pytest.fixture(scope="module")
def key(product: Product, site: Shop) -> str:
    """The key of a chat that the site shows; a form and a survey that asks at once are made as well."""
    open_day_and_night(product)  # else the chat, due when business begins again, is not among the next to be late
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

    @property
    def talk(self) -> Locator:
        """The conversation of the open ticket."""
        return self.page.locator("#conversation, .td-talk")

    def row(self, subject: str) -> Locator:
        return self.page.get_by_role("link", name=subject).first

    def sees_at_once(self, subject: str) -> None:
        """The row is there before a page without the bell would have asked for it."""
        expect(self.row(subject)).to_be_visible(timeout=AT_ONCE)
        assert self.page.evaluate("window.neverReloaded")

    def open(self, subject: str) -> int:
        """Open a ticket from the list; its number."""
        number = int(re.findall(r"/tickets/(\d+)", self.row(subject).get_attribute("href") or "")[0])
        self.row(subject).click()
        self.is_at(number)
        expect(self.page.get_by_role("heading", name=subject).first).to_be_visible()
        return number

    def is_at(self, number: int) -> None:
        """Wait until this ticket is the open one."""
        self.page.wait_for_url(re.compile(rf"/desk/tickets/{number}(\?|$)"))

    def answer(self, words: str) -> None:
        self.page.get_by_label("Your reply").fill(words)
        self.page.get_by_role("button", name="Send", exact=True).click()
        expect(self.talk.get_by_text(words).first).to_be_visible()
        expect(self.page.get_by_label("Your reply")).to_have_value("")

    def merge_with(self, number: int) -> None:
        self.page.get_by_role("button", name="More", exact=True).last.click()
        self.page.get_by_role("group", name="More").get_by_role("link", name="Merge…").click()
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
    product.rows("UPDATE agents SET undo_seconds = 0 RETURNING id")  # taking back is told elsewhere
    desk = Desk(open_page(ALICE))
    customer = open_page(None)

    # a form
    customer.goto("/forms/circle")
    customer.get_by_label("Your name").fill("Nora Quill")
    customer.get_by_label("Your email").fill(NORA)
    customer.get_by_label("What is it about?").fill("Which oil for the elm bench")
    customer.get_by_label("Your message").fill("The leaflet says linseed, the page says tung.")
    customer.wait_for_timeout(2_500)  # nobody fills in a form within two seconds
    customer.get_by_role("button", name="Send", exact=True).click()
    desk.sees_at_once("Which oil for the elm bench")
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
    frame.locator("#who").get_by_label("Email").fill(VERA)
    frame.get_by_label("Your message").fill("Is Lundy too far for a bench?")
    frame.get_by_label("Your message").press("Enter")
    desk.sees_at_once("Is Lundy too far for a bench?")
    supervisor = open_page(SAM)
    supervisor.goto("/supervisor")
    expect(supervisor.get_by_role("link", name="Is Lundy too far for a bench?").first).to_be_visible()

    # a mail
    product.send(mail("A second coat of oil", "And how long between two coats?", f"Nora Quill <{NORA}>"))
    desk.sees_at_once("A second coat of oil")

    # each is answered, and whoever asked sees it
    by_form = desk.open("Which oil for the elm bench")
    desk.answer("Tung oil, one thin coat in spring.")
    customer.reload()
    expect(customer.get_by_text("Tung oil, one thin coat in spring.").first).to_be_visible()
    by_chat = desk.open("Is Lundy too far for a bench?")
    desk.answer("We do, by boat on Tuesdays.")
    expect(frame.get_by_text("We do, by boat on Tuesdays.")).to_be_visible(timeout=PATIENCE)
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
    desk.open("Is Lundy too far for a bench?")
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
    desk.is_at(by_form)
    assert merged_into(product, by_mail, by_form)
    expect(desk.talk.get_by_text("And how long between two coats?").first).to_be_visible()
    expect(desk.talk.get_by_text("The leaflet says linseed").first).to_be_visible()
    customer.reload()
    expect(customer.get_by_text("The leaflet says linseed").first).to_be_visible()
    desk.page.get_by_role("button", name="Undo the merge").click()
    until(lambda: not merged_into(product, by_mail, by_form), "two tickets again")
    customer.reload()
    expect(customer.get_by_text("And how long between two coats?").first).to_be_visible()
    expect(customer.get_by_text("The leaflet says linseed")).to_have_count(0)

    # solved, and rated
    desk.page.goto(f"/desk/tickets/{by_form}")
    desk.page.get_by_role("button", name="Solve", exact=True).click()

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
    supervisor.goto("/supervisor/satisfaction")
    expect(supervisor.get_by_text("Quick and kind.").first).to_be_visible()
    supervisor.goto("/supervisor/times?days=90")
    expect(supervisor.get_by_role("heading", name="Response times")).to_be_visible()
    reckoned = [Clock(**one) for one in json.loads(product.script(RECKON).splitlines()[-1])]
    for metric in ("first_response", "next_response", "resolution"):
        clocks = [one for one in reckoned if one.metric == metric]
        told = spreadsheet(supervisor, f"times/tickets.csv?days=90&metric={metric}")
        shown = {(int(one["ticket"]), int(one["cycle"])): (one["seconds"], one["verdict"] == "late") for one in told}
        assert shown == {(one.ticket, one.cycle): (one.shown, one.late) for one in clocks}, metric
        ours = {by_chat} if metric == "next_response" else {by_form, by_chat, by_mail}
        assert ours <= {ticket for ticket, _cycle in shown}, metric
        told = spreadsheet(supervisor, f"times/queue.csv?days=90&metric={metric}")
        assert {one.pop("queue"): {**one, "mean_s": ""} for one in told} == figures(clocks), metric


@dataclass(frozen=True)
class Clock:
    """One measurement, as a ticket's events tell of it."""

    metric: str
    ticket: int
    cycle: int
    queue: str
    over: bool
    seconds: int | None
    late: bool
    changed: bool

    @property
    def shown(self) -> str:
        """Its time as the spreadsheet writes it."""
        return "" if self.seconds is None else str(float(self.seconds))


def figures(clocks: list[Clock]) -> dict[str, dict[str, str]]:
    """What the spreadsheet by queue must say of these, but for the mean, which is as the percentiles are."""
    found: dict[str, dict[str, str]] = {}
    for queue in {one.queue for one in clocks}:
        here = [one for one in clocks if one.queue == queue]
        times = sorted(one.seconds for one in here if one.seconds is not None)
        judged = [one for one in here if one.over and not one.changed]
        waiting = [one for one in here if not one.over]
        found[queue] = {
            "answered": str(len(times)),
            "p50_s": percentile(times, 0.5),
            "p90_s": percentile(times, 0.9),
            "mean_s": "",
            "judged": str(len(judged)),
            "in_target": str(sum(not one.late for one in judged)),
            "changed": str(sum(one.changed and one.seconds is not None for one in here)),
            "waiting": str(len(waiting)),
            "waiting_late": str(sum(one.late for one in waiting)),
        }
    return found


def percentile(times: list[int], part: float) -> str:
    """Between the two that are nearest, as the standard of SQL has it; one decimal."""
    if not times:
        return ""
    place = (len(times) - 1) * part
    low, high = times[int(place)], times[min(int(place) + 1, len(times) - 1)]
    return str(round(low + (high - low) * (place - int(place)), 1))


def spreadsheet(page: Page, path: str) -> list[dict[str, str]]:
    """What the supervisor can download."""
    return list(csv.DictReader(io.StringIO(page.request.get(f"/supervisor/{path}").body().decode("utf-8-sig"))))


def merged_into(product: Product, source: int, survivor: int) -> bool:
    query = "SELECT 1 FROM tickets s JOIN tickets t ON t.id = s.merged_into_id WHERE s.number = %s AND t.number = %s"
    return bool(product.rows(query, source, survivor))


def test_a_scanner_that_opens_every_link_changes_nothing(product: Product, chromium: Browser) -> None:
    """Programs that look at mails before people do ask for every link, often, in all ways, and some run scripts."""
    until(lambda: not product.rows(UNDONE), "everything is sent and told")
    links = sorted({link for one in product.sent() for link in links_in(one, product.url)})
    kinds = {link.removeprefix(product.url).split("/")[1]: link for link in links}
    assert {"t", "s"} <= set(kinds), kinds
    with held(product, "schedule", "worker-soon", "worker-mail", "mail"):
        before = digests(product)
        for method in ("GET", "HEAD", "GET"):
            assert {look(product, method, link) for link in links} <= {200, 404}
        for link in kinds.values():
            context = chromium.new_context()
            page = context.new_page()
            page.goto(link, wait_until="networkidle")
            context.close()
        assert digests(product) == before


UNDONE = "SELECT 1 FROM outbox WHERE state IN ('queued', 'claimed') AND due_at < now() + interval '1 minute'"
COUNTED = "throttles"
"""The one table that looking may change: how often a door was tried of late."""


def digests(product: Product) -> dict[str, str]:
    """What each table holds, in one word."""
    tables = product.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    query = "SELECT md5(coalesce(string_agg(one::text, ',' ORDER BY one::text), '')) FROM {} one"
    return {name: product.rows(query.format(name))[0][0] for (name,) in sorted(tables) if name != COUNTED}


def links_in(one: EmailMessage, house: str) -> set[str]:
    """Every link into the house that a mail holds: in its words, its markup and its headers."""
    parts = [str(part.get_content()) for part in one.walk() if part.get_content_maintype() == "text"]
    heads = [str(value) for name, value in one.items() if name.lower().startswith("list-")]
    found = re.findall(rf"{re.escape(house)}[^\s<>\"')]*", "\n".join(map(html.unescape, [*parts, *heads])))
    return {link.rstrip(".,;:") for link in found}


def look(product: Product, method: str, link: str) -> int:
    """Ask for a link as a scanner does, who is never told to wait; follows where it is led."""
    asked = urllib.request.Request(link, method=method, headers={"User-Agent": "Mozilla/5.0 (mail scanner)"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        if refusal.code != 429:
            return refusal.code
    product.empty_redis()
    return look(product, method, link)


@contextmanager
def held(product: Product, *names: str) -> Iterator[None]:
    """With these parts standing still, so that whatever changes was changed by looking."""
    stopped = [product.pid_of(name) for name in names]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
