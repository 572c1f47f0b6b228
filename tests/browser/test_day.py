"""An agent's whole day by keys alone: after signing in nobody touches a mouse, and each key does what it says."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.test_undo import wrote
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
QUEUE = "Care & spare parts"
SOON = 20_000


def live(page: Page, address: str) -> Page:
    """A page of the desk that hears the bell."""
    page.goto(address)
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=SOON)
    return page


def queue_of(product: Product, name: str) -> str:
    return f"/desk/views/queue-{product.rows('SELECT id FROM queues WHERE name = %s', name)[0][0]}"


def of(product: Product, number: int, column: str) -> object:
    """What one column of a ticket says."""
    return product.rows(f"SELECT {column} FROM tickets WHERE number = %s", number)[0][0]


def assignee(product: Product, number: int) -> str | None:
    found = product.rows(
        "SELECT a.name FROM tickets t LEFT JOIN agents a ON a.id = t.assignee_id WHERE t.number = %s", number
    )
    return str(found[0][0]) if found[0][0] is not None else None


def told(page: Page, words: str) -> None:
    """The newest toast says so."""
    expect(page.locator(".td-toast").last).to_contain_text(words)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def opens(page: Page, key: str, menu: str) -> Locator:
    """A key opens a menu, and the focus is in it."""
    press(page, key)
    group = page.get_by_role("group", name=menu, exact=True)
    expect(group).to_be_visible()
    expect(group.locator(":focus")).to_have_count(1)
    return group


def sheet_with(page: Page, words: str) -> Locator:
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading", level=2)).to_contain_text(words)
    return sheet


def is_in(page: Page, place: str) -> None:
    """The focus is there or inside."""
    expect(page.locator(f"{place}:focus, {place} :focus")).to_have_count(1)


def test_the_list_a_ticket_and_an_answer(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest in the morning")
    page = live(open_page(ALICE), queue_of(product, "Delivery & damage"))
    rows = page.locator("#rows .td-row")
    press(page, "j")
    expect(rows.nth(0)).to_be_focused()
    press(page, "j")
    expect(rows.nth(1)).to_be_focused()
    press(page, "k")
    expect(rows.nth(0)).to_be_focused()
    place = rows.evaluate_all(f"(all) => all.findIndex((one) => one.id === 't-{number}')")
    assert place >= 0
    press(page, *["j"] * place)
    expect(page.locator(f"#t-{number}")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("[data-open-focus]")).to_be_focused()
    expect(page.locator("[data-open-focus]")).to_have_text("An armrest in the morning")

    press(page, "r")
    reply = page.get_by_label("Your reply")
    expect(reply).to_be_focused()
    page.keyboard.type("/nobody sh")
    macros = page.get_by_role("listbox", name="Macros")
    expect(macros.get_by_role("option").first).to_contain_text("Something nobody should sit on")
    press(page, "ArrowDown")
    press(page, "Enter")
    told(page, "Priority: High")
    until(lambda: of(product, number, "priority") == "high", "the macro's change")
    expect(reply).to_be_focused()
    expect(reply).not_to_have_value(re.compile("/nobody"))
    press(page, "Control+End")
    page.keyboard.type("A new one leaves today.")
    expect(page.locator('[data-box="reply"] [data-saved]')).to_contain_text("Saved")
    press(page, "Control+Enter")
    expect(page.locator("#entries")).to_contain_text("A new one leaves today.")
    press(page, "Control+z")
    expect(reply).to_have_value(re.compile("A new one leaves today"))
    own = page.get_by_label("Reply by Alice Moreno")
    expect(own).to_have_count(0)
    expect(reply).to_be_focused()
    press(page, "Control+Shift+Enter")
    expect(page.locator("#facts")).to_contain_text("Solved")
    assert of(product, number, "category") == "solved"
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_visible()
    press(page, "Escape", "u")
    expect(page.locator("#facts")).not_to_contain_text("Solved")
    expect(reply).to_be_focused()
    press(page, "Control+Enter")
    expect(own).to_contain_text("A new one leaves today.")
    until(lambda: any("A new one leaves today." in one.as_string() for one in product.sent()), "the mail")


def test_all_of_one_ticket(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest with everything")
    page = live(open_page(ALICE), f"/desk/tickets/{number}")
    facts, side = page.locator("#facts"), page.locator("#side")

    press(page, "n")
    note = page.get_by_label("Your note")
    expect(note).to_be_focused()
    page.keyboard.type("Do you know this one, @bo")
    expect(page.get_by_role("listbox", name="Colleagues who can see this ticket")).to_be_visible()
    press(page, "Enter", "Control+Enter")
    expect(page.locator(".td-msg--note")).to_contain_text("@Bob Lindqvist")
    expect(side).to_contain_text("Bob Lindqvist")
    press(page, "Escape")

    opens(page, "a", "Assignee")
    press(page, "b", "Enter")
    told(page, "Assigned to Bob Lindqvist")
    assert assignee(product, number) == "Bob Lindqvist"
    press(page, "i")
    told(page, "Assigned to Alice Moreno")
    assert assignee(product, number) == "Alice Moreno"
    press(page, "u")
    told(page, "Undone")
    assert assignee(product, number) == "Bob Lindqvist"
    expect(facts).to_contain_text("Bob Lindqvist")  # from then on there is something to take
    press(page, "i")
    expect(facts).to_contain_text("Alice Moreno")

    opens(page, "s", "Status")
    press(page, "o", "n", "Enter")
    told(page, "Status: On hold")
    assert of(product, number, "category") == "on_hold"
    press(page, "u")
    expect(facts).not_to_contain_text("On hold")

    opens(page, "p", "Priority")
    press(page, "u", "Enter")
    told(page, "Priority: Urgent")
    assert of(product, number, "priority") == "urgent"

    opens(page, "t", "Add tags")
    page.keyboard.type("teak, armrest")
    press(page, "Enter")
    expect(side.get_by_role("button", name="Take the tag teak off")).to_be_visible()

    opens(page, "v", "Queue")
    press(page, "c", "Enter")
    expect(side.get_by_role("button", name=f"Queue: {QUEUE}")).to_be_visible()

    opens(page, "q", "Add to the checklist")
    page.keyboard.type("Ask the workshop")
    press(page, "Enter")
    expect(page.locator("#checklist")).to_contain_text("Ask the workshop")

    press(page, "w")
    expect(side.get_by_role("button", name="follow no longer", exact=True)).to_be_visible()

    press(page, "e")
    told(page, "Solved")
    assert of(product, number, "category") == "solved"
    expect(facts).to_contain_text("Solved")
    press(page, "E")
    expect(page.get_by_role("button", name=re.compile("^Solve"))).to_be_visible()
    assert of(product, number, "category") == "open"

    for key, words in (("M", "Merge"), ("o", "Split"), ("l", "Link"), ("z", "Snooze")):
        press(page, key)
        sheet = sheet_with(page, words)
        is_in(page, "#sheet")
        if key != "z":
            press(page, "Escape")
            expect(sheet).to_be_hidden()
    press(page, "ArrowDown", "Enter")
    sheet = page.locator("#sheet")
    all_the_same, back = sheet.get_by_role("button", name="Snooze all the same"), page.locator("#banner [data-key=Z]")
    expect(all_the_same.or_(back)).to_be_visible()
    if all_the_same.is_visible():  # it is due before
        is_in(page, "#sheet input")
        press(page, "Enter")
    expect(back).to_be_visible()
    assert of(product, number, "snoozed_until") is not None
    press(page, "Z")
    expect(back).to_be_hidden()
    assert of(product, number, "snoozed_until") is None

    press(page, "!")
    expect(page.locator("#banner")).to_contain_text("Marked as spam")
    press(page, "!")
    expect(page.locator("#banner")).not_to_contain_text("Marked as spam")
    assert of(product, number, "spam_at") is None


def test_beside_the_conversation(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to read about")
    page = live(open_page(ALICE), f"/desk/tickets/{number}")
    press(page, "]")
    expect(page.locator("#side")).to_be_focused()
    press(page, "Tab")
    is_in(page, "#side")
    why = page.locator("#clocks").get_by_role("link", name=re.compile("^Why")).first
    for _step in range(20):
        if why.evaluate("(one) => one === document.activeElement"):
            break
        press(page, "Tab")
    press(page, "Enter")
    expect(page.locator("#clocks [data-why], #clocks .td-why").first).to_be_visible()
    press(page, "r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    press(page, "Alt+Enter")
    ways = page.get_by_role("group", name="More ways to send")
    expect(ways.locator(":focus")).to_have_count(1)
    press(page, "Escape")
    expect(ways).to_be_hidden()


def test_a_long_conversation_is_read_by_space(open_page: OpenPage, product: Product) -> None:
    [(number,)] = product.rows(
        "SELECT t.number FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
        "WHERE m.name = 'Care' AND t.merged_into_id IS NULL ORDER BY t.message_count DESC LIMIT 1"
    )
    page = live(open_page(ALICE), f"/desk/tickets/{number}")

    def read() -> int:
        return int(page.evaluate("document.getElementById('scroll').scrollTop"))

    bottom = read()
    assert bottom > 0
    press(page, "Shift+Space")
    assert read() < bottom
    press(page, "Home")
    assert read() == 0
    press(page, "PageDown")
    assert read() > 0
    press(page, "End")
    assert abs(read() - bottom) < 3
    press(page, "r", "Space")
    assert page.get_by_label("Your reply").input_value().endswith(" ")


def test_many_at_once_and_one_undo(open_page: OpenPage, product: Product) -> None:
    page = live(open_page(ALICE), queue_of(product, QUEUE))
    rows = page.locator("#rows .td-row")
    numbers = [int((rows.nth(place).get_attribute("id") or "")[2:]) for place in (0, 1, 2)]
    before = [assignee(product, number) for number in numbers]
    changed = sum(name != "Bob Lindqvist" for name in before)  # routing may have given him one of them
    press(page, "j", "x", "j", "x", "j", "x")
    expect(page.get_by_role("region", name="Selected tickets")).to_contain_text("3 selected")
    opens(page, "a", "Assign the selected tickets")
    press(page, "b", "Enter")
    told(page, "Assigned to Bob Lindqvist")
    assert [assignee(product, number) for number in numbers] == ["Bob Lindqvist"] * 3
    press(page, "u")
    told(page, f"Undone: {changed} ticket")
    assert [assignee(product, number) for number in numbers] == before
    opens(page, "v", "Queue of the selected tickets")
    press(page, "Escape")
    press(page, "M")
    sheet_with(page, "Merge")
    press(page, "Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    press(page, "Escape")
    expect(page.get_by_role("region", name="Selected tickets")).to_be_hidden()


def test_everything_is_found(open_page: OpenPage, product: Product) -> None:
    number = wrote(product, "An armrest to be found")
    page = live(open_page(ALICE), "/desk/")
    press(page, "/")
    page.keyboard.type('from:wanda "to be found"')
    press(page, "Enter")
    page.wait_for_url("**/desk/search?**")
    row = page.locator(f"#t-{number}")
    expect(row.locator("mark").first).to_be_visible()
    press(page, "j", "Enter")
    expect(page.locator("[data-open-focus]")).to_have_text("An armrest to be found")

    press(page, "Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("assign to")
    press(page, "Escape")
    press(page, "Control+k")
    page.keyboard.type("solve")
    expect(page.get_by_role("option", name="Solve", exact=True)).to_have_attribute("aria-selected", "true")
    press(page, "Enter")
    told(page, "Solved")
    assert of(product, number, "category") == "solved"

    for words, kind, address in (("wanda", "Contacts", "**/desk/contacts/*"), ("bench", "Articles", "**/help/**")):
        press(page, "Control+k")
        page.keyboard.type(words)
        options = page.get_by_role("listbox")
        expect(options.get_by_text(kind, exact=True)).to_be_visible()
        wanted = options.locator(f"[role=option]:below(:text-is('{kind}'))").first.get_attribute("id")
        for _step in range(40):
            if page.get_by_role("combobox").get_attribute("aria-activedescendant") == wanted:
                break
            press(page, "ArrowDown")
        press(page, "Enter")
        page.wait_for_url(address)
        live(page, f"/desk/tickets/{number}")


def test_the_rest_of_the_day(open_page: OpenPage, product: Product) -> None:
    wrote(product, "An armrest for whoever is next")
    page = live(open_page(ALICE), "/desk/views/mine")
    press(page, "g", "q")
    page.wait_for_url("**/views/queue-*")
    press(page, ".")
    page.wait_for_url("**/desk/tickets/*")
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=SOON)
    served = int(page.url.partition("/tickets/")[2].partition("?")[0])
    assert assignee(product, served) == "Alice Moreno"
    press(page, ",")
    sheet_with(page, f"Pass #{served} on")
    is_in(page, "#sheet")
    press(page, "Escape")
    expect(page.locator("#sheet")).to_be_hidden()

    availability = "SELECT DISTINCT state FROM availabilities v JOIN agents a ON a.id = v.agent_id WHERE a.email = %s"
    press(page, "g", "a")
    menu = page.get_by_role("group", name="Availability")
    expect(menu.locator(":focus")).to_have_count(1)
    press(page, "a", "Enter")
    expect(page.get_by_role("button", name="Availability: Away for a while")).to_be_visible()
    assert product.rows(availability, ALICE) == [("away",)]
    press(page, "g", "a")
    expect(menu.locator(":focus")).to_have_count(1)
    press(page, "Home", "Enter")
    expect(page.get_by_role("button", name="Availability: Taking tickets")).to_be_visible()

    press(page, "b")
    is_in(page, "#bell")
    press(page, "Escape")
    expect(page.locator("#bell")).to_be_hidden()
    press(page, "g", "l")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    press(page, "g", "l")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    press(page, "?")
    help_of_keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_of_keys).to_contain_text("Move to another queue")
    press(page, "Escape")
    expect(help_of_keys).to_be_hidden()
    press(page, "c")
    page.wait_for_url("**/desk/new**")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, product: Product, scheme: str, size: dict[str, int]) -> None:
    number = wrote(product, f"An armrest in {scheme} at {size['width']}")
    page = live(open_page(ALICE, scheme, size), "/desk/views/queue-1")
    found: list[str] = []

    def look(state: str) -> None:
        found.extend(f"{state}: {barrier}" for barrier in barriers(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{state}: must be scrolled sideways")

    look("list")
    page.locator("#rows .td-row__box").first.focus()
    press(page, "Space")
    expect(page.get_by_role("region", name="Selected tickets")).to_contain_text("1 selected")
    look("selected")
    press(page, "Escape")
    press(page, "?")
    look("keys")
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    live(page, f"/desk/tickets/{number}")
    look("ticket")
    press(page, "Control+k")
    page.keyboard.type("bench")
    expect(page.get_by_role("option").filter(has_text="#").first).to_be_visible()
    look("palette")
    press(page, "Escape")
    expect(page.get_by_role("combobox")).to_be_hidden()
    press(page, "M")
    sheet_with(page, "Merge")
    look("sheet")
    press(page, "Escape")
    live(page, "/desk/search?q=bench")
    look("search")
    assert found == []
