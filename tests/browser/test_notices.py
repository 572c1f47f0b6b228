"""Notices in a browser: a name in a note rings a colleague's bell, and everybody chooses what they hear of."""

import re
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product, until
from ticketdesk.demo.company import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE, BOB = "alice@example.com", "bob@example.com"
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({type: "layout-shift", buffered: false});
"""


UNREAD = (
    "SELECT n.id FROM notifications n JOIN agents a ON a.id = n.agent_id JOIN tickets t ON t.id = n.ticket_id "
    "WHERE a.email = %s AND t.number = %s AND n.read_at IS NULL"
)


def wrote(product: Product, subject: str) -> int:
    """A mail of a customer's; the number of its ticket."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Wanda <wanda@customer.example>", "support@example.com", subject
    mail.set_content("The armrest came off.")
    number: int = product.ingest(mail.as_bytes())["ticket"]
    return number


def live(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=30_000)
    return page


def unread(page: Page) -> int:
    return int(page.locator("#bell-count").inner_text().split()[0] or 0)


def overflow(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


def test_a_name_in_a_note_rings_the_bell_and_moves_nothing(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to talk about")
    alice, bob = open_page(ALICE), open_page(BOB)
    live(alice, f"/desk/tickets/{number}")
    live(bob, "/desk")
    bob.keyboard.press("g")
    bob.keyboard.press("n")
    expect(bob.get_by_role("heading", name="Notices")).to_be_visible()
    expect(bob.locator("[data-live][data-connected]")).to_be_attached(timeout=30_000)
    expect(bob.get_by_role("heading", name=re.compile("An armrest to talk about"))).to_be_visible()
    before = unread(bob)
    bob.evaluate(SHIFTS)

    alice.keyboard.press("n")
    note = alice.get_by_label("Your note")
    note.type("Could you look at it, @bo")
    names = alice.get_by_role("listbox", name="Colleagues who can see this ticket")
    expect(names.get_by_role("option")).to_have_text([re.compile("Bob Lindqvist")])
    marked = names.locator("[aria-selected=true]")
    assert note.get_attribute("aria-activedescendant") == marked.get_attribute("id")
    assert barriers(alice) == []
    alice.keyboard.press("Escape")
    expect(names).to_be_hidden()
    expect(note).to_be_focused()
    note.type("b")
    alice.keyboard.press("Tab")
    expect(note).to_have_value("Could you look at it, @Bob Lindqvist ")
    alice.keyboard.press("Control+Enter")
    followers = alice.locator(".td-props")
    expect(followers.locator(".td-line", has_text="Bob Lindqvist")).to_be_visible()

    expect(bob.get_by_role("link", name="Show one new notice")).to_be_visible(timeout=20_000)
    expect(bob.locator("#bell-count")).to_have_text(re.compile(rf"^{before + 1}\b"))
    assert bob.evaluate("window.shifts") == []
    bob.keyboard.press("b")
    menu = bob.locator("#bell")
    expect(menu.get_by_text("Alice Moreno named you in a note")).to_be_visible()
    assert barriers(bob) == []
    bob.keyboard.press("Enter")
    bob.wait_for_url(f"**/desk/tickets/{number}")
    # not by the count on the bell: a clock of the company may ring at this very moment
    until(lambda: not product.rows(UNREAD, BOB, number), "what was seen on the ticket is read")


def test_following_by_one_key(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to follow")
    page = live(open_page(ALICE), f"/desk/tickets/{number}")
    properties = page.locator(".td-props")
    for words in ("follow no longer", "follow"):
        page.keyboard.press("w")
        expect(properties.get_by_role("button", name=words, exact=True)).to_be_visible()


def test_all_are_read_and_unread_again(open_page: OpenPage, product: Product) -> None:
    wrote(product, "An armrest to hear of")
    page = live(open_page(BOB), "/desk/notices")
    expect(page.get_by_role("heading", name=re.compile("An armrest to hear of"))).to_be_visible()
    before = unread(page)
    assert before > 0
    page.locator("#notices").get_by_role("button", name="Mark all read").click()
    expect(page.get_by_text("Everything is read")).to_be_visible()
    expect(page.locator("#bell-count")).to_have_text("")
    page.keyboard.press("u")
    expect(page.locator("#bell-count")).to_have_text(re.compile(rf"^{before}\b"))
    one = page.get_by_role("button", name=re.compile("^Mark read")).first
    one.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Mark unread")).first).to_be_focused()


def test_choosing_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(ALICE)
    page.goto("/desk/notices/settings")
    box = page.get_by_role("checkbox", name="By mail: A customer writes", exact=True)
    expect(box).not_to_be_checked()
    box.focus()
    page.keyboard.press("Space")
    page.get_by_label("Each morning, everything in one mail").check()
    page.get_by_label("Saturday, quiet from").fill("00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Saturday: say both from when and until when")
    expect(box).to_be_checked()
    assert barriers(page) == []
    page.get_by_label("Saturday, quiet until").fill("00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Whatever happens from now on is told like this.")).to_be_visible()
    expect(box).to_be_checked()
    expect(page.get_by_role("checkbox", name="In the desk: A deadline is escalated to me")).to_be_disabled()
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_text("Everything is as it was at first.")).to_be_visible()
    expect(box).not_to_be_checked()


def test_without_script(chromium: Browser, product: Product) -> None:
    wrote(product, "An armrest without script")
    context = chromium.new_context(viewport=WIDE, base_url=product.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email").fill(BOB)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/desk/notices")
    page.get_by_role("button", name=re.compile("^Mark read: Wanda wrote")).first.click()
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    page.get_by_role("button", name="Mark all read").first.click()
    expect(page.get_by_text("Everything is read")).to_be_visible()
    page.goto("/desk/notices/settings")
    page.get_by_label("Every hour, what happened since in one mail").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Every hour, what happened since in one mail")).to_be_checked()
    page.get_by_role("button", name="Reset").click()
    context.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", WIDE), ("light", PHONE), ("dark", PHONE)])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int]) -> None:
    page = open_page("ada@example.com", scheme=scheme, size=size)
    for address in ("/desk/notices", "/desk/notices?show=unread", "/desk/notices/settings"):
        page.goto(address)
        expect(page.get_by_role("button", name="Notices")).to_be_visible()
        assert barriers(page) == []
        assert overflow(page) == 0
    page.get_by_role("button", name="Notices").click()
    expect(page.get_by_role("link", name="All notices")).to_be_visible()
    assert barriers(page) == []
