"""A customer's way in a real browser: finding help, following a ticket, signing in by a mailed code."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

FOLLOWED = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.brands.brand import default_brand
from ticketdesk.knowledge import writing
from ticketdesk.knowledge.writing import Words
from ticketdesk.tickets import tracking
from ticketdesk.tickets.ticket import Ticket
with create_app().app_context():
    now = clock.now()
    section = writing.add_section(default_brand().id, "Zebra care", "chair", SYSTEM, now)
    words = Words("Brush a wooden zebra", "Once a week.", "Against the stripes.")
    writing.publish(writing.write(section, words, SYSTEM, now), SYSTEM, now)
    ticket = db.session.scalars(
        select(Ticket).join(Identity, Identity.id == Ticket.requester_id)
        .where(Ticket.category == "open", Identity.kind == "email", Ticket.merged_into_id.is_(None)).order_by(Ticket.id)
    ).first()
    who = db.session.get(Identity, ticket.requester_id)
    print(ticket.number, who.value, tracking.link_for(ticket.id, who.id, now))
    db.session.commit()
"""
ANSWER = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.ticket import Ticket
with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == int(sys.argv[1]))).one()
    agent = db.session.scalars(select(Agent).where(Agent.email == "alice@example.com")).one()
    replying.reply(ticket, agent, "The key is **under** the seat.", to=[(sys.argv[2], "")], at=clock.now())
    db.session.commit()
"""


@pytest.fixture(scope="module")
def followed(product: Product) -> tuple[str, str, str]:
    """A ticket of the demo, whose it is, and the token of the link; and one article to be found."""
    number, address, token = product.script(FOLLOWED).split()
    return number, address, token


def look_at(page: Page, place: str) -> None:
    page.goto(place)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_open_to_everybody(
    open_page: OpenPage, followed: tuple[str, str, str], scheme: str, size: dict[str, int]
) -> None:
    page = open_page(scheme=scheme, size=size)
    for place in ("/", "/help?q=zebra", "/help?q=nothingatall", "/help/brush-a-wooden-zebra", "/my/sign-in"):
        look_at(page, place)
    look_at(page, f"/t/{followed[2]}")


def test_articles_are_suggested_while_typing_and_reached_by_keys(
    open_page: OpenPage, followed: tuple[str, str, str]
) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_role("searchbox").press_sequentially("wooden zeb", delay=20)
    expect(page.get_by_role("link", name="Brush a wooden zebra Once a week.")).to_be_visible()
    expect(page.locator("#found [role=status]")).to_have_text("One article found")
    assert barriers(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#found a")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/help?q=wooden+zeb")
    page.get_by_role("link", name="Brush a wooden zebra Once a week.").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("Good to hear that it helped")).to_be_visible()


def test_a_ticket_is_answered_and_shows_the_reply_by_itself(
    open_page: OpenPage, product: Product, followed: tuple[str, str, str]
) -> None:
    number, address, token = followed
    page = open_page()
    page.goto(f"/t/{token}")
    page.get_by_label("Add to this conversation").fill("Where is the key?")
    page.locator("input[type=file]").set_input_files(
        {"name": "seat.txt", "mimeType": "text/plain", "buffer": b"a drawing"}
    )
    expect(page.locator("#chosen")).to_have_text("seat.txt")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Where is the key?")
    expect(page.get_by_role("log")).to_contain_text("seat.txt")
    page.get_by_label("Add to this conversation").fill("half a thought")
    product.script(ANSWER, number, address)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("log").locator("strong", has_text="under")).to_be_visible()
    assert page.get_by_label("Add to this conversation").input_value() == "half a thought"
    page.get_by_role("button", name="This is solved").click()
    expect(page.get_by_text("Something is still open?")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Not solved after all").click()
    expect(page.get_by_role("button", name="This is solved")).to_be_visible()


def test_without_script_everything_works(open_page: OpenPage, product: Product, followed: tuple[str, str, str]) -> None:
    page = open_page()
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"/t/{followed[2]}")
    page.get_by_label("Add to this conversation").fill("Without a script.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Without a script.")


def test_a_code_from_the_mail_shows_all_tickets(
    open_page: OpenPage, product: Product, followed: tuple[str, str, str]
) -> None:
    number, address, _token = followed
    page = open_page(size=PHONE)
    page.goto("/my")
    page.get_by_label("Your email").fill(address)
    page.get_by_role("button", name="Mail me a code").click()
    code = until(newest_code(product, address), "the mail with the code")
    assert barriers(page) == []
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Show my tickets").click()
    page.wait_for_url("**/my")
    assert barriers(page) == []
    page.locator(f"a[href='/my/tickets/{number}']").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert barriers(page) == []
    page.goto("/my")
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def newest_code(product: Product, address: str) -> Callable[[], str]:
    def look() -> str:
        for file in sorted((product.root / "var/outbox").glob("*.eml"), key=lambda file: -file.stat().st_mtime):
            mail = message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.SMTP)
            if mail["To"] == address and (found := re.match(r"(\d{4} \d{4}) is your code", str(mail["Subject"]))):
                return found[1]
        return ""

    return look
