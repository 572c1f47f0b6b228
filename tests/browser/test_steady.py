"""Nothing jumps: whatever comes by the bell finds its room, in the list and in an open ticket, wide and on a phone."""

import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage
from tests.browser.test_together import ALICE, BOB, SOON, at
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

MOST = 0.02
"""The sum of all shifts of a page: a fifth of what Core Web Vitals calls good."""
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    const of = entry.sources.map(({ node }) => node && (node.id || node.className || node.nodeName));
    window.shifts.push([entry.value, of]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def shifts(page: Page) -> list[tuple[float, list[str]]]:
    """What moved, and how much."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[tuple[float, list[str]]] = page.evaluate("window.shifts")
    return found


def stands(page: Page) -> None:
    found = shifts(page)
    assert sum(value for value, _of in found) < MOST, found


def mail(product: Product, subject: str, words: str, answers: str | None = None) -> tuple[int, str]:
    """A customer's mail; the number of its ticket, and its id."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Wanda <wanda@customer.example>", "support@example.com", subject
    made["Message-ID"] = f"<steady-{time.time_ns()}@customer.example>"
    if answers:
        made["In-Reply-To"] = answers
    made.set_content(words)
    return int(product.ingest(made.as_bytes())["ticket"]), str(made["Message-ID"])


@pytest.mark.parametrize("where", ["end", "back"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_open_ticket_stands_still(open_page: OpenPage, product: Product, size: dict[str, int], where: str) -> None:
    subject = f"Steady at the {where}, {size['width']}"
    long = "\n\n".join(f"Paragraph {number} of what came off the bench and where it lies now." for number in range(30))
    number, first = mail(product, subject, long)
    bob = at(open_page(BOB), number)
    bob.locator('[data-box="reply"] textarea').fill("We look at it.")
    bob.keyboard.press("Control+Enter")
    expect(bob.get_by_label("Reply by Bob Lindqvist").get_by_text("Sent to wanda")).to_be_visible(timeout=60_000)
    alice = open_page(ALICE, size=size)
    alice.goto(f"/desk/tickets/{number}")
    expect(alice.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    expect(alice.locator("#here")).to_contain_text("Bob", timeout=SOON)
    if where == "back":
        alice.evaluate("document.getElementById('scroll').scrollTop = 200")
    alice.evaluate("new Promise((done) => setTimeout(done, 700))")  # what follows the sign-in is not what is measured
    alice.evaluate(WATCH)

    entries = alice.locator("#entries")
    mail(product, f"Re: {subject}", "And the lid is loose.", first)
    expect(entries).to_contain_text("And the lid is loose.", timeout=SOON)
    bob.keyboard.press("Escape")
    bob.keyboard.press("n")
    bob.keyboard.type("I ask the workshop.")
    bob.keyboard.press("Control+Enter")
    expect(entries).to_contain_text("I ask the workshop.", timeout=SOON)
    bob.locator('[data-box="reply"] textarea').fill("It leaves on Friday.")
    expect(alice.locator("#also")).to_contain_text("Bob Lindqvist is writing", timeout=SOON)
    bob.locator('[data-box="reply"] textarea').press("Control+Enter")
    answer = alice.get_by_label("Reply by Bob Lindqvist").filter(has_text="It leaves on Friday.")
    expect(answer).to_be_attached(timeout=SOON)
    expect(answer).to_contain_text("Sent to wanda", timeout=60_000)
    bob.goto("/desk/")
    expect(alice.locator("#here")).to_have_text("", timeout=SOON)
    top = alice.evaluate("document.getElementById('scroll').scrollTop")
    if where == "back":
        assert top == 200, "whoever reads back is left where they are"
    stands(alice)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_list_stands_still(open_page: OpenPage, product: Product, size: dict[str, int]) -> None:
    subject = f"Steady rows {time.time_ns()}"
    number, first = mail(product, subject, "The armrest came off.")
    queue = product.rows("SELECT queue_id FROM tickets WHERE number = %s", number)[0][0]
    alice = open_page(ALICE, size=size)
    alice.goto(f"/desk/views/queue-{queue}")
    expect(alice.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    row = alice.locator(f"#t-{number}")
    expect(row).to_be_visible()
    alice.evaluate(WATCH)
    bob = at(open_page(BOB), number)
    expect(alice.locator(f"#here-{number}")).to_contain_text("BL", timeout=SOON)
    mail(product, f"Re: {subject}", "And the lid is loose.", first)
    expect(row).to_contain_text("And the lid is loose.", timeout=SOON)
    count = alice.locator("#list-count").inner_text()
    other, _id = mail(product, f"Another of {subject}", "A second bench, too.")
    expect(alice.locator(f"#t-{other}")).to_be_attached(timeout=SOON)
    expect(alice.locator("#list-count")).not_to_have_text(count, timeout=SOON)
    bob.keyboard.press("i")
    expect(row).to_contain_text("Bob", timeout=SOON)
    stands(alice)


def test_a_jump_would_be_seen(open_page: OpenPage) -> None:
    """The measure itself: what pushes the page down is told, by name."""
    page = open_page(ALICE)
    page.goto("/desk/views/queue-1")
    expect(page.locator("#desk[data-connected]")).to_be_attached(timeout=SOON)
    page.evaluate(WATCH)
    page.evaluate("document.querySelector('#list .td-list__head').style.marginTop = '300px'")
    page.wait_for_function("window.shifts.length > 0")
    assert sum(value for value, _of in shifts(page)) > MOST
