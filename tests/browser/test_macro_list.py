"""A macro by / in a reply: found by letters, chosen by keys, and its changes made with it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
BY_MAIL = (
    "SELECT min(t.number) FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.merged_into_id IS NULL"
)
USED = "SELECT count(*) FROM macro_uses"


def writing(page: Page, product: Product) -> int:
    """A reply to a mail, empty and in focus."""
    number = int(product.rows(BY_MAIL)[0][0])
    page.goto(f"/desk/tickets/{number}")
    page.locator('#composer label[data-key="r"]').click()
    text = page.get_by_label("Your reply")
    expect(text).to_be_focused()
    text.fill("")
    return number


def test_letters_find_it_and_enter_puts_its_words_where_they_were(open_page: OpenPage, product: Product) -> None:
    page = open_page(ALICE)
    number = writing(page, product)
    text, listed = page.get_by_label("Your reply"), page.get_by_role("listbox", name="Macros")
    page.keyboard.type("1/2 and/or ")
    expect(listed).to_be_hidden()
    page.keyboard.type("/")
    expect(listed).to_be_visible()
    many = listed.get_by_role("option").count()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(text).to_be_focused()
    expect(text).to_have_value("1/2 and/or /")
    page.keyboard.type("nobody sh")
    expect(listed).to_be_visible()
    assert 0 < listed.get_by_role("option").count() < many
    expect(listed.get_by_role("option").first).to_contain_text("Something nobody should sit on")
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("Priority: High")
    expect(text).to_have_value("1/2 and/or ")
    assert product.rows(f"SELECT priority FROM tickets WHERE number = {number}")[0][0] == "high"
    assert int(product.rows(USED)[0][0]) >= 1

    text.fill("")
    page.keyboard.type("/")
    expect(listed).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    chosen = listed.locator('[aria-selected="true"] .td-macro__name').inner_text()
    assert chosen == listed.get_by_role("option").nth(1).locator(".td-macro__name").inner_text()
    page.keyboard.press("Tab")
    expect(text).not_to_have_value("/")
    expect(text).not_to_have_value("")
    expect(text).to_be_focused()
    assert "{{" not in text.input_value()
    text.fill("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_thumb_on_a_phone(open_page: OpenPage, product: Product, scheme: str) -> None:
    page = open_page(ALICE, scheme, PHONE)
    writing(page, product)
    page.keyboard.type("/")
    listed = page.get_by_role("listbox", name="Macros")
    expect(listed).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    listed.get_by_role("option").nth(1).click()
    expect(page.get_by_label("Your reply")).not_to_have_value("/")
    page.get_by_label("Your reply").fill("")
