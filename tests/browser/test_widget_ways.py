"""More ways of the chat: its languages in both themes on both screens, articles, the rating, several tabs."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from tests.browser.conftest import WIDE, barriers, is_complaint
from tests.browser.shop import Shop, shop
from tests.browser.test_widget import MAKE, NARROW
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

FIELDS = {
    "en": "Your message",
    "de": "Ihre Nachricht",
    "fr": "Votre message",
    "es": "Su mensaje",
    "nl": "Uw bericht",
}
ACT = """
import sys
from datetime import UTC, datetime
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.surveys import settings
from ticketdesk.tickets import progress, replying
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    now = datetime.now(UTC)
    ticket = db.session.scalars(select(Ticket).where(Ticket.subject == sys.argv[1])).one()
    alice = db.session.scalars(select(Agent).where(Agent.email == "alice@example.com")).one()
    replying.reply(ticket, alice, "We look at it.", to=(), channel="chat", at=now)
    if sys.argv[2] == "solve":
        settings.save(ticket.brand_id, settings.Rules(enabled=True), SYSTEM, now)
        progress.solve(ticket, Actor("agent", alice.id), now)
    db.session.commit()
"""


@pytest.fixture(scope="module")
def site(product: Product) -> Iterator[Shop]:
    """A shop with our chat, which asks what it is about."""
    with shop() as opened:
        given = {"origins": [opened.url], "greeting": "What can we do for you?", "topics": ["Delivery", "Other"]}
        key = product.script(MAKE, json.dumps(given)).split()[-1]
        opened.line = f'<script src="{product.url}/widget.js" data-key="{key}" async></script>'
        opened.policy = f"default-src 'none'; script-src {product.url}; frame-src {product.url}; img-src data:"
        yield opened


OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def browse(chromium: Browser) -> Iterator[OpenContext]:
    """A visitor's browser; whatever its console complains of fails the test, unless that is expected."""
    opened: list[tuple[BrowserContext, bool, list[str]]] = []

    def come(*, rough: bool = False, **options: Any) -> BrowserContext:
        given = {"viewport": WIDE, "locale": "en-GB", **options}
        context, complaints = chromium.new_context(reduced_motion="reduce", **given), list[str]()
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda word: complaints.append(word.text) if is_complaint(word) else None)
        opened.append((context, rough, complaints))
        return context

    yield come
    said = [words for _context, rough, complaints in opened if not rough for words in complaints]
    for context, _rough, _complaints in opened:
        context.close()
    assert said == []


def enter(context: BrowserContext, site: Shop) -> tuple[Page, Frame]:
    """Come to the shop and open the chat."""
    page = context.new_page()
    page.goto(site.url)
    page.locator("button.launch").click()

    def found() -> Frame | None:
        page.wait_for_timeout(20)
        return next((frame for frame in page.frames if "/widget/" in frame.url), None)

    frame = until(found, "the frame")
    assert frame is not None
    expect(frame.locator("#text")).to_be_visible()
    return page, frame


def begin(frame: Frame, words: str) -> None:
    """The first message, and what it is about."""
    frame.locator("#who-topic").select_option("Other")
    say(frame, words)
    expect(said(frame, words)).to_be_visible()


def say(frame: Frame, words: str) -> None:
    frame.locator("#text").fill(words)
    frame.locator("#text").press("Enter")


def said(frame: Frame, words: str) -> Any:
    return frame.locator("#talk [data-seq]").filter(has_text=words)


@pytest.mark.parametrize("language", FIELDS)
def test_every_language_in_both_themes_on_both_screens(browse: OpenContext, site: Shop, language: str) -> None:
    for scheme in ("light", "dark"):
        for size in (WIDE, NARROW):
            context = browse(viewport=size, color_scheme=scheme, locale=language)
            _page, frame = enter(context, site)
            expect(frame.get_by_label(FIELDS[language])).to_be_visible()
            say(frame, "?")
            expect(frame.locator("#who-topic-error")).to_be_visible()
            assert barriers(frame) == [], (scheme, size)
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
            context.close()


def test_the_talk_is_rated_where_it_was(product: Product, browse: OpenContext, site: Shop) -> None:
    subject = f"Rated {time.time_ns()}"
    page, frame = enter(browse(), site)
    begin(frame, subject)
    product.script(ACT, subject, "solve")
    expect(frame.locator("#over")).to_be_visible(timeout=15_000)
    expect(frame.get_by_role("radio")).to_have_count(5)
    assert barriers(frame) == []
    page.reload()
    page.locator("button.launch").click()
    frame = next(one for one in page.frames if "/widget/" in one.url)
    frame.get_by_role("radio", name="Content", exact=True).check(force=True)
    frame.get_by_label("Would you like to say more?").fill("Quick")
    frame.get_by_role("button", name="Send my answer").click()
    expect(frame.locator("[data-rated]")).to_contain_text("You said: Content.")
    assert barriers(frame) == []
    answers = product.rows(
        "SELECT a.score, a.comment, i.message_id FROM survey_answers a"
        " JOIN survey_invitations i ON i.id = a.invitation_id JOIN tickets t ON t.id = i.ticket_id"
        " WHERE t.subject = %s",
        subject,
    )
    assert answers == [(4, "Quick", None)]
    say(frame, "One more thing")
    expect(frame.locator("#over")).to_be_hidden(timeout=15_000)


def test_an_article_is_read_beside_the_words(product: Product, browse: OpenContext, site: Shop) -> None:
    title, slug = product.rows(
        "SELECT title, slug FROM articles WHERE state = 'published' AND language = 'en' LIMIT 1"
    )[0]
    _page, frame = enter(browse(), site)
    frame.locator("#text").fill(str(title))
    link = frame.locator(f'[data-article="{slug}"]')
    expect(link).to_be_visible()
    link.click()
    expect(frame.get_by_role("heading", name=str(title))).to_be_focused()
    assert barriers(frame) == []
    frame.locator("#reading").press("Escape")
    expect(link).to_be_focused()
    expect(frame.locator("#text")).to_have_value(str(title))
    link.click()
    frame.get_by_role("button", name="That answered it").click()
    expect(frame.get_by_text("Good to hear.")).to_be_visible()
    helped = "SELECT count(*) FROM article_votes v JOIN articles a ON a.id = v.article_id WHERE a.slug = %s AND helpful"
    until(lambda: product.rows(helped, slug)[0][0] >= 1, "the vote")


def test_two_tabs_are_one_talk_in_one_order(product: Product, browse: OpenContext, site: Shop) -> None:
    """What is written first arrives first, in whichever tab, even when its first try was lost."""
    context = browse(rough=True)
    mark = f"Tabs {time.time_ns()}"
    _page, one = enter(context, site)
    begin(one, f"{mark} 0")
    _page, two = enter(context, site)
    expect(said(two, f"{mark} 0")).to_be_visible()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    context.route("**/widget/*/messages", lose, times=2)
    for number in range(1, 7):
        say((one, two)[number % 2], f"{mark} {number}")
    for frame in (one, two):
        expect(said(frame, f"{mark} 6")).to_be_visible(timeout=40_000)
        expect(frame.locator("[data-pending]")).to_have_count(0, timeout=40_000)
        shown = frame.locator("#talk [data-seq]").filter(has_text=mark).all_inner_texts()
        assert [int(re.findall(r"\d+", text.split(mark)[1])[0]) for text in shown] == list(range(7))
    stored = product.rows("SELECT text FROM messages WHERE text LIKE %s ORDER BY id", f"{mark} %")
    assert [text for (text,) in stored] == [f"{mark} {number}" for number in range(7)]


def test_that_it_was_not_sent_is_said_within_ten_seconds(browse: OpenContext, site: Shop) -> None:
    """P18, also where the net takes everything and answers nothing."""
    context = browse(rough=True)
    _page, frame = enter(context, site)
    begin(frame, f"Late {time.time_ns()}")
    held: list[Route] = []
    context.route("**/widget/*/messages", lambda route: held.append(route))
    begun = time.monotonic()
    say(frame, "Into the void")
    expect(frame.locator("[data-pending]")).to_contain_text("Not sent yet.", timeout=10_000)
    assert time.monotonic() - begun < 10
    assert held
    context.unroute_all(behavior="ignoreErrors")


def test_a_sound_for_an_answer_while_nobody_looks(product: Product, browse: OpenContext, site: Shop) -> None:
    subject = f"Sound {time.time_ns()}"
    page, frame = enter(browse(), site)
    frame.locator("#text").click()
    begin(frame, subject)
    frame.wait_for_selector("[data-connected]")
    frame.get_by_role("button", name="Close the chat").click()
    product.script(ACT, subject, "answer")
    expect(page.get_by_role("button", name=re.compile(r"Open the chat, \d unread"))).to_be_visible(timeout=15_000)
    expect(frame.locator("#widget")).to_have_attribute("data-sounded", "1")
    page.locator("button.launch").click()
    frame.get_by_role("button", name="More").click()
    frame.get_by_role("button", name="Sound on").click()
    expect(frame.get_by_role("button", name="Sound off")).to_have_attribute("aria-pressed", "false")
