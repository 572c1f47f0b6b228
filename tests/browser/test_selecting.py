"""Many tickets at once, by keys, by mouse and by thumb: selected, changed, and taken back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
QUEUE = "Care & spare parts"
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({type: "layout-shift", buffered: false});
"""


def opened(open_page: OpenPage, product: Product, scheme: str = "light") -> Page:
    page = open_page(ALICE, scheme)
    [(queue,)] = product.rows("SELECT id FROM queues WHERE name = %s", QUEUE)
    page.goto(f"/desk/views/queue-{queue}")
    expect(page.locator("[data-live][data-connected]")).to_be_attached(timeout=30_000)
    return page


def number(page: Page, place: int) -> int:
    return int((page.locator(".td-row").nth(place).get_attribute("id") or "").removeprefix("t-"))


def picked(page: Page) -> list[int]:
    found: list[str] = page.locator("#rows .td-row__box:checked").evaluate_all("(all) => all.map((one) => one.value)")
    return [int(one) for one in found]


def assignees(product: Product, numbers: list[int]) -> list[str | None]:
    wanted = (
        "SELECT a.name FROM tickets t LEFT JOIN agents a ON a.id = t.assignee_id WHERE t.number = ANY(%s) "
        "ORDER BY t.number"
    )
    return [name for (name,) in product.rows(wanted, numbers)]


def test_by_keys_alone_two_are_given_to_bob_and_taken_back(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, product)
    page.evaluate(SHIFTS)
    two = sorted([number(page, 0), number(page, 2)])
    before = assignees(product, two)
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar).to_contain_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_contain_text("2 selected")
    assert sorted(picked(page)) == two
    assert barriers(page) == []

    page.keyboard.press("p")
    expect(page.get_by_role("group", name="Priority of the selected tickets").locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(bar).to_contain_text("2 selected")  # the key closed the menu, not the selection

    page.keyboard.press("a")
    menu = page.get_by_role("group", name="Assign the selected tickets")
    expect(menu).to_be_visible()
    assert barriers(page) == []
    names = menu.get_by_role("button").all_inner_texts()
    for _step in range(names.index("Bob Lindqvist")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    toast = page.locator(".td-toast")
    expect(toast).to_contain_text("Assigned to Bob Lindqvist")
    assert assignees(product, two) == ["Bob Lindqvist"] * 2
    expect(page.locator(f"#t-{two[0]}")).to_contain_text("Bob")
    assert barriers(page) == []
    page.keyboard.press("u")
    expect(page.locator(".td-toast")).to_contain_text("Undone: 2 tickets")
    assert assignees(product, two) == before

    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert picked(page) == []
    assert page.evaluate("window.shifts") == []


def test_live_news_keep_the_selection_and_what_is_gone_is_not_selected(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, product)
    bar = page.get_by_role("region", name="Selected tickets")
    first, second, third = (number(page, place) for place in range(3))
    page.locator(f"#x-{first}").check()
    page.locator(f"#x-{second}").check()
    expect(bar).to_contain_text("2 selected")
    other = opened(open_page, product, "dark")
    page.evaluate("window.before = document.getElementById('rows')")
    other.locator(f"#x-{third}").check()
    other.keyboard.press("t")
    expect(other.get_by_label("Tags, separated by commas")).to_be_focused()
    other.keyboard.type("seen elsewhere")
    other.keyboard.press("Enter")
    expect(other.locator(".td-toast")).to_contain_text("Tags put on · one ticket")
    until(lambda: page.evaluate("document.getElementById('rows') !== window.before"), "new rows")
    assert picked(page) == [first, second]
    expect(bar).to_contain_text("2 selected")

    other.keyboard.press("Escape")
    other.locator(f"#x-{second}").check()
    other.keyboard.press("e")
    expect(other.locator(".td-toast").last).to_contain_text("Solved · one ticket")
    expect(page.locator(f"#t-{second}")).to_have_count(0)
    assert picked(page) == [first]
    expect(bar).to_contain_text("1 selected")
    other.keyboard.press("Control+z")
    expect(page.locator(f"#t-{second}")).to_be_visible()
    assert picked(page) == [first], "what came back was not chosen again"
    until(lambda: product.rows("SELECT category FROM tickets WHERE number = %s", second) != [("solved",)], "reopened")
    page.get_by_role("link", name="My tickets").click()
    page.wait_for_url("**/views/mine")
    assert picked(page) == []


def test_the_mouse_takes_a_range_and_all_that_is_shown(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, product)
    bar = page.get_by_role("region", name="Selected tickets")
    all_shown = page.locator(".td-row").count()
    page.locator(".td-row").nth(1).hover()
    page.locator(".td-row__box").nth(1).click()
    page.locator(".td-row__box").nth(4).click(modifiers=["Shift"])
    assert picked(page) == [number(page, place) for place in range(1, 5)]
    assert page.evaluate("getSelection().toString()") == ""
    page.keyboard.press("Shift+X")
    expect(bar).to_contain_text(f"{all_shown} selected")
    bar.get_by_role("button", name="Tags").click()
    page.keyboard.type("told in one go")
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text(f"Tags put on · {all_shown} tickets")
    tagged = "SELECT count(*) FROM ticket_tags tt JOIN tags t ON t.id = tt.tag_id WHERE t.name = 'told-in-one-go'"
    assert product.rows(tagged) == [(all_shown,)]
    page.locator(".td-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".td-toast")).to_contain_text(f"Undone: {all_shown} tickets")
    assert product.rows(tagged) == [(0,)]
    bar.get_by_role("button", name="Clear the selection").click()
    expect(bar).to_be_hidden()


def test_beside_an_open_ticket_the_keys_are_for_the_selected(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, product)
    opened_one, chosen = number(page, 0), number(page, 1)
    page.locator(f"#t-{opened_one}").click()
    expect(page.locator(f"#talk[data-number='{opened_one}']")).to_be_visible()
    page.locator(f"#t-{chosen}").focus()
    of = "SELECT priority FROM tickets WHERE number = %s"
    status = "SELECT category FROM tickets WHERE number = %s"
    before, was = product.rows(of, opened_one), product.rows(status, opened_one)
    page.keyboard.press("x")
    page.keyboard.press("p")  # waits for the bar where that is still on its way
    expect(page.locator("#composer")).to_be_hidden()
    expect(page.get_by_role("group", name="Priority of the selected tickets").locator(":focus")).to_have_count(1)
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("Priority: Urgent")
    assert product.rows(of, chosen) == [("urgent",)]
    assert product.rows(of, opened_one) == before
    page.keyboard.press("Escape")
    expect(page.locator("#composer")).to_be_visible()

    page.keyboard.press("s")  # the open ticket's again
    page.get_by_role("button", name="On hold").click()
    expect(page.locator(".td-toast").last).to_contain_text("Status: On hold")
    assert product.rows(status, opened_one) == [("on_hold",)]
    page.keyboard.press("Control+z")
    expect(page.locator(".td-toast").last).to_contain_text("Undone: one ticket")
    assert product.rows(status, opened_one) == was


def test_a_thumb_on_a_phone_in_the_dark(open_page: OpenPage, product: Product) -> None:
    page = opened(open_page, product, "dark")
    page.set_viewport_size(PHONE)
    page.locator(".td-row__box").nth(0).check()
    page.locator(".td-row__box").nth(1).check()
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar).to_contain_text("2 selected")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    bar.get_by_role("button", name="Status").click()
    menu = page.get_by_role("group", name="Status of the selected tickets")
    expect(menu).to_be_in_viewport(ratio=1)
    assert barriers(page) == []
