"""Under an open draft a colleague merges, splits or gives the ticket away: words and files stay, and it is said."""

import re
import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.test_contacts import overflow
from tests.browser.test_together import ALICE, BOB, SOON, at, picture
from tests.browser.test_undo import wrote
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CLOSE = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import progress
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == int(sys.argv[1]))).one()
    progress.move_to(ticket, "closed", SYSTEM, clock.now())
    db.session.commit()
"""
AWAY = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import moving
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import visible_queues

with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == int(sys.argv[1]))).one()
    alice = db.session.scalars(select(Agent).where(Agent.email == "alice@example.com")).one()
    seen = {queue.id for queue in db.session.scalars(visible_queues(alice))}
    beyond = [queue for queue in db.session.scalars(select(Queue).order_by(Queue.id)) if queue.id not in seen]
    moving.move(ticket, beyond[0], SYSTEM, clock.now())
    db.session.commit()
"""
WORDS = "The new armrest leaves today."
FILE = {"name": "armrest.txt", "mimeType": "text/plain", "buffer": b"two screws, one armrest"}


def box(page: Page, kind: str = "reply") -> Locator:
    return page.locator(f'[data-box="{kind}"]')


def begins(page: Page, kind: str = "reply") -> None:
    """Words and a file, both saved."""
    page.keyboard.press("r" if kind == "reply" else "n")
    expect(box(page, kind).locator("textarea")).to_be_focused()
    page.keyboard.type(WORDS)
    box(page, kind).locator("input[type=file]").set_input_files([FILE])  # type: ignore[list-item]
    expect(box(page, kind)).to_contain_text("armrest.txt")
    expect(box(page, kind).locator("[data-saved]")).to_contain_text("Saved")


def has_all(page: Page, kind: str = "reply", words: str = WORDS) -> None:
    expect(box(page, kind).locator("textarea")).to_have_value(words)
    expect(box(page, kind).locator("[data-draft-file]")).to_have_count(1)
    expect(box(page, kind)).to_contain_text("armrest.txt")


def merges(page: Page, source: int, survivor: int) -> None:
    """A colleague merges one ticket into the other."""
    at(page, source)
    page.keyboard.press("M")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(str(survivor))
    page.keyboard.press("Enter")
    sheet.get_by_role("link", name=f"#{survivor}").click()
    sheet.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator(f"#talk[data-number='{survivor}']")).to_be_attached(timeout=SOON)


def sends(page: Page, kind: str = "reply") -> None:
    box(page, kind).locator("textarea").press("Control+Enter")


def message(product: Product, number: int, words: str) -> list[tuple[object, ...]]:
    """What stands in a ticket with these words: its kind and how many files it has."""
    return product.rows(
        "SELECT m.kind, (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) FROM messages m "
        "JOIN placements p ON p.message_id = m.id AND p.ended_at IS NULL JOIN tickets t ON t.id = p.ticket_id "
        "WHERE t.number = %s AND m.text = %s AND m.withdrawn_at IS NULL",
        number,
        words,
    )


def two(product: Product, subject: str) -> tuple[int, int]:
    return wrote(product, f"{subject} first"), wrote(product, f"{subject} second")


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_the_ticket_is_merged_away(open_page: OpenPage, product: Product, kind: str) -> None:
    survivor, source = two(product, f"A {kind} under a merge")
    alice, bob = at(open_page(ALICE), source), open_page(BOB, scheme="dark")
    begins(alice, kind)
    merges(bob, source, survivor)
    moved = alice.locator("#moved")
    expect(moved).to_contain_text(f"Part of #{survivor} now", timeout=SOON)
    has_all(alice, kind)
    assert barriers(alice) == []
    box(alice, kind).locator("textarea").focus()
    alice.keyboard.press("Control+End")
    alice.keyboard.type(" On Friday.")  # what is typed after the merge goes along as well
    words = f"{WORDS} On Friday."
    sends(alice, kind)
    expect(alice.locator(f"#talk[data-number='{survivor}']")).to_be_attached(timeout=SOON)
    expect(alice.locator(".td-toast").last).to_contain_text("Not sent yet")
    has_all(alice, kind, words)
    assert message(product, survivor, words) == []
    alice.reload()
    expect(alice.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    if kind == "note":
        alice.keyboard.press("n")
    has_all(alice, kind, words)
    sends(alice, kind)
    if kind == "reply":
        asked = alice.get_by_role("dialog", name="Not sent yet")
        expect(asked).to_contain_text(f"merged #{source}", timeout=SOON)
        asked.get_by_role("button", name="Send anyway").click()
    expect(alice.locator("#entries")).to_contain_text("On Friday.", timeout=SOON)
    kept = [("public" if kind == "reply" else "note", 1)]
    until(lambda: message(product, survivor, words) == kept, "it stands in the survivor, once, with its file")


def test_whoever_goes_on_in_the_survivor_finds_all_there(open_page: OpenPage, product: Product) -> None:
    survivor, source = two(product, "A way on")
    alice, bob = at(open_page(ALICE), source), open_page(BOB)
    begins(alice)
    merges(bob, source, survivor)
    link = alice.locator("#moved").get_by_role("link", name=f"Go on in #{survivor}")
    expect(link).to_be_visible(timeout=SOON)
    box(alice).locator("textarea").focus()
    alice.keyboard.press("Control+End")
    alice.keyboard.type(" At once.")
    link.focus()
    alice.keyboard.press("Enter")
    expect(alice.locator(f"#talk[data-number='{survivor}']")).to_be_attached(timeout=SOON)
    has_all(alice, words=f"{WORDS} At once.")


def test_after_a_reload_the_merged_ticket_says_where_the_words_are(open_page: OpenPage, product: Product) -> None:
    survivor, source = two(product, "A reload under a merge")
    alice, bob = at(open_page(ALICE), source), open_page(BOB)
    begins(alice)
    merges(bob, source, survivor)
    at(alice, source)
    alice.locator("#composer").get_by_role("link", name="Write there").click()
    expect(alice.locator(f"#talk[data-number='{survivor}']")).to_be_attached(timeout=SOON)
    has_all(alice)


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_words_that_are_on_this_device_alone_are_offered_where_the_ticket_went(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int]
) -> None:
    survivor, source = two(product, f"Not saved under a merge {scheme}")
    alice, bob = at(open_page(ALICE, scheme, size), source), open_page(BOB)
    alice.route("**/drafts/reply", lambda route: route.abort("internetdisconnected"))
    writing = box(alice).locator("textarea")
    writing.focus()
    alice.keyboard.type(WORDS)
    expect(box(alice).locator("[data-saved]")).to_contain_text("Not saved yet", timeout=SOON)
    merges(bob, source, survivor)
    at(alice, survivor)
    other = box(alice).locator("[data-other]")
    expect(other).to_contain_text(WORDS)
    expect(other).to_contain_text("part of this one now")
    assert overflow(alice) == 0
    assert barriers(alice) == []
    picture(alice, f"unsaved-part-{scheme}")
    alice.unroute("**/drafts/reply")
    other.get_by_role("button", name="Use these").click()
    expect(writing).to_have_value(WORDS)
    expect(box(alice).locator("[data-saved]")).to_contain_text("Saved", timeout=SOON)
    at(alice, survivor)
    expect(writing).to_have_value(WORDS)
    expect(other).to_be_hidden()


def test_a_file_follows_the_words_of_its_window(open_page: OpenPage, product: Product) -> None:
    survivor, source = two(product, "A file under a merge")
    alice, bob = at(open_page(ALICE), source), open_page(BOB)
    alice.keyboard.press("r")
    expect(box(alice).locator("textarea")).to_be_focused()
    alice.keyboard.type(WORDS)
    expect(box(alice).locator("[data-saved]")).to_contain_text("Saved")
    merges(bob, source, survivor)
    box(alice).locator("input[type=file]").set_input_files([FILE])  # type: ignore[list-item]
    expect(box(alice)).to_contain_text("armrest.txt")
    at(alice, survivor)
    has_all(alice)


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_what_was_begun_in_a_closed_ticket_can_be_copied(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int]
) -> None:
    number = wrote(product, f"Closed under a draft {scheme}")
    alice = at(open_page(ALICE, scheme, size), number)
    box(alice).locator("textarea").focus()
    alice.keyboard.type(WORDS)
    box(alice).locator("input[type=file]").set_input_files([FILE])  # type: ignore[list-item]
    expect(box(alice)).to_contain_text("armrest.txt")
    expect(box(alice).locator("[data-saved]")).to_contain_text("Saved")
    product.script(CLOSE, str(number))
    at(alice, number)
    expect(alice.get_by_label("Your unsent reply")).to_have_value(WORDS)
    expect(alice.locator("#composer")).to_contain_text("armrest.txt")
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.get_by_role("button", name="Copy these words").click()
    expect(alice.locator(".td-toast").last).to_contain_text("Copied")
    assert alice.evaluate("() => navigator.clipboard.readText()") == WORDS
    assert overflow(alice) == 0
    assert barriers(alice) == []
    picture(alice, f"unsent-{scheme}")


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_whoever_may_write_there_no_longer_is_told_and_keeps_the_words(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int]
) -> None:
    number = wrote(product, f"Moved away under a draft {scheme}")
    alice = at(open_page(ALICE, scheme, size), number)
    writing, said = box(alice).locator("textarea"), box(alice).locator("[data-saved]")
    writing.focus()
    alice.keyboard.type("The new armrest")
    expect(said).to_contain_text("Saved")
    product.script(AWAY, str(number))
    alice.keyboard.type(" leaves today.")
    expect(said).to_contain_text("you cannot write in this ticket any more", timeout=SOON)
    expect(writing).to_have_value(WORDS)
    assert alice.evaluate("() => Object.values(localStorage).join()").count(WORDS) == 1
    assert overflow(alice) == 0
    assert barriers(alice) == []
    picture(alice, f"shut-out-{scheme}")


def test_another_is_merged_into_the_ticket(open_page: OpenPage, product: Product) -> None:
    survivor, source = two(product, "A guest under a draft")
    alice, bob = at(open_page(ALICE), survivor), open_page(BOB)
    begins(alice)
    merges(bob, source, survivor)
    expect(alice.locator("#entries")).to_contain_text(f"merged #{source}", timeout=SOON)
    has_all(alice)
    sends(alice)
    asked = alice.get_by_role("dialog", name="Not sent yet")
    expect(asked).to_contain_text(f"merged #{source}", timeout=SOON)
    alice.keyboard.press("Enter")
    has_all(alice)
    sends(alice)
    until(lambda: message(product, survivor, WORDS) == [("public", 1)], "the answer with its file")


def test_the_message_that_is_answered_is_split_off(open_page: OpenPage, product: Product) -> None:
    subject = f"A split under a draft {time.time_ns()}"
    number = wrote(product, subject)
    alice = at(open_page(ALICE), number)
    expect(alice.locator("#entries")).to_contain_text("The armrest came off.")
    again(product, number, subject, "And the lid is loose.")
    expect(alice.locator("#entries")).to_contain_text("And the lid is loose.", timeout=SOON)
    begins(alice)
    bob = at(open_page(BOB), number)
    bob.keyboard.press("o")
    sheet = bob.locator("#sheet")
    sheet.get_by_role("checkbox").last.check()
    bob.keyboard.press("Enter")
    expect(sheet.get_by_label("Subject of the new ticket")).to_be_focused(timeout=SOON)
    bob.keyboard.press("Enter")
    bob.wait_for_url(lambda url: f"/tickets/{number}" not in url)
    expect(alice.locator("#entries")).to_contain_text("split one message off", timeout=SOON)
    has_all(alice)
    sends(alice)
    expect(alice.get_by_role("dialog", name="Not sent yet")).to_contain_text("split one message off", timeout=SOON)
    alice.reload()
    has_all(alice)
    sends(alice)
    alice.get_by_role("dialog", name="Not sent yet").get_by_role("button", name="Send anyway").click()
    until(lambda: message(product, number, WORDS) == [("public", 1)], "the answer with its file")


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_the_ticket_is_given_to_somebody_else(open_page: OpenPage, product: Product, kind: str) -> None:
    number = wrote(product, f"A {kind} under another owner")
    alice, bob = at(open_page(ALICE), number), at(open_page(BOB), number)
    begins(alice, kind)
    bob.keyboard.press("i")
    expect(alice.locator("#facts")).to_contain_text("Bob Lindqvist", timeout=SOON)
    expect(alice.locator("#entries")).to_contain_text(re.compile("Bob Lindqvist took it|Bob Lindqvist"), timeout=SOON)
    has_all(alice, kind)
    sends(alice, kind)
    if kind == "reply":
        asked = alice.get_by_role("dialog", name="Not sent yet")
        expect(asked).to_contain_text("Bob Lindqvist", timeout=SOON)
        asked.get_by_role("button", name="Send anyway").click()
    kept = [("public" if kind == "reply" else "note", 1)]
    until(lambda: message(product, number, WORDS) == kept, "it stands there, once, with its file")


def again(product: Product, number: int, subject: str, words: str) -> None:
    """The customer writes once more into the same ticket."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Wanda <wanda@customer.example>", "support@example.com"
    mail["Subject"] = f"Re: {subject}"
    mail["Message-ID"] = f"<again-{time.time_ns()}@customer.example>"
    mail["In-Reply-To"] = f"<{subject.replace(' ', '-')}@customer.example>"
    mail.set_content(words)
    assert product.ingest(mail.as_bytes())["ticket"] == number
