"""A macro and a merge for selected tickets, by keys alone: the sheets, what they do, and the way back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
NOT_OF_BOB = (
    "SELECT min(number) FROM tickets WHERE number IN ({}) AND assignee_id IS DISTINCT FROM "
    "(SELECT id FROM agents WHERE email = 'bob@example.com')"
)


def two_picked(page: Page) -> None:
    """The first two tickets of a queue."""
    page.goto("/desk/views/queue-1")
    expect(page.locator("#rows .td-row").nth(2)).to_be_visible()
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selected tickets")).to_contain_text("2 selected")


def chosen_by_arrow(page: Page, menu_name: str, item: str) -> None:
    menu = page.get_by_role("group", name=menu_name)
    expect(menu).to_be_visible()
    expect(menu.locator(":focus")).to_have_count(1)
    names = menu.get_by_role("button").all_inner_texts()
    for _step in range(names.index(item)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_macro_for_two_and_one_undo(open_page: OpenPage, scheme: str) -> None:
    page = open_page(ALICE, scheme)
    two_picked(page)
    page.keyboard.press("m")
    chosen_by_arrow(page, "Macro for the selected tickets", "Something nobody should sit on")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading")).to_contain_text("Something nobody should sit on")
    expect(sheet.get_by_role("button", name="Use it on all")).to_be_focused()
    assert barriers(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("2 tickets")
    expect(sheet).to_be_hidden()
    page.keyboard.press("u")
    expect(page.locator(".td-toast")).to_contain_text("Undone")


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_where_a_colleague_was_quicker_nothing_is_done(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int]
) -> None:
    page = open_page(ALICE, scheme, size)
    page.goto("/desk/views/queue-1")
    boxes = page.locator("#rows .td-row__box")
    for place in range(3):
        boxes.nth(place).check()
    numbers = [boxes.nth(place).get_attribute("value") for place in range(3)]
    page.get_by_role("region", name="Selected tickets").get_by_role("button", name="Macros").click()
    menu = page.get_by_role("group", name="Macro for the selected tickets")
    menu.get_by_role("button", name="Something nobody should sit on").click()
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("button", name="Use it on all")).to_be_focused()

    number = product.rows(NOT_OF_BOB.format(", ".join(map(str, numbers))))[0][0]
    other = open_page("bob@example.com")
    other.goto("/desk/views/queue-1")
    other.locator(f"#x-{number}").check()
    other.get_by_role("region", name="Selected tickets").get_by_role("button", name="Take").click()
    expect(other.locator(".td-toast")).to_contain_text("Assigned to")

    sheet.get_by_role("button", name="Use it on all").click()
    expect(sheet).to_contain_text("One was changed meanwhile and stays as it is")
    expect(sheet.get_by_role("link", name=f"#{number}")).to_be_visible()
    again = sheet.get_by_role("link", name="Look at this one again")
    expect(again).to_be_focused()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    again.click()
    expect(sheet.get_by_role("button", name="Use it on all")).to_be_focused()
    sheet.get_by_role("button", name="Use it on all").click()
    expect(sheet).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_become_one_and_one_undo(open_page: OpenPage, scheme: str) -> None:
    page = open_page(ALICE, scheme)
    two_picked(page)
    merge = page.get_by_role("region", name="Selected tickets").get_by_role("button", name="Merge")
    merge.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading")).to_contain_text("Merge one ticket into")
    expect(sheet.get_by_role("radio").first).to_be_focused()
    assert barriers(page) == []
    before = sheet.get_by_role("heading").inner_text()
    page.keyboard.press("ArrowDown")
    expect(sheet.get_by_role("heading")).not_to_have_text(before)
    expect(sheet.get_by_role("radio").nth(1)).to_be_focused()
    if sheet.get_by_role("checkbox").count():
        sheet.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
    sheet.get_by_role("button", name="Merge").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("Merged into")
    page.keyboard.press("u")
    expect(page.locator(".td-toast")).to_contain_text("Undone: one ticket")


def test_the_sheets_fit_a_phone(open_page: OpenPage) -> None:
    page = open_page(ALICE, "dark", PHONE)
    page.goto("/desk/views/queue-1")
    for place in range(2):
        page.locator("#rows .td-row__box").nth(place).check()
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Merge").click()
    expect(page.locator("#sheet").get_by_role("heading")).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
