"""A macro by / in a reply: found by letters, chosen by keys, and its changes made with it."""

import pytest
from playwright.sync_api import Page, Route, expect

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
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("Priority: High")
    expect(text).to_have_value("1/2 and/or ")
    assert product.rows(f"SELECT priority FROM tickets WHERE number = {number}")[0][0] == "high"
    assert int(product.rows(USED)[0][0]) >= 1

    text.fill("")
    page.keyboard.type("/")
    expect(listed).to_be_visible()
    expect(listed.locator('[aria-selected="true"]')).to_have_count(0)
    for step in ("Down", "Down", "Up", "Down"):
        page.keyboard.press(f"Arrow{step}")
    chosen = listed.locator('[aria-selected="true"] .td-macro__name').inner_text()
    assert chosen == listed.get_by_role("option").nth(1).locator(".td-macro__name").inner_text()
    page.keyboard.press("Tab")
    expect(text).not_to_have_value("/")
    expect(text).not_to_have_value("")
    expect(text).to_be_focused()
    assert "{{" not in text.input_value()
    text.fill("")


def test_enter_breaks_the_line_until_a_macro_is_chosen_or_named(open_page: OpenPage, product: Product) -> None:
    page = open_page(ALICE)
    number = writing(page, product)
    text, listed = page.get_by_label("Your reply"), page.get_by_role("listbox", name="Macros")
    chosen = listed.locator('[aria-selected="true"]')
    uses = product.rows(USED)
    page.keyboard.type("/some")
    expect(listed).to_be_visible()
    expect(chosen).to_have_count(0)
    assert text.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Enter")
    expect(listed).to_be_hidden()
    page.keyboard.type("more")
    expect(text).to_have_value("/some\nmore")
    assert product.rows(USED) == uses

    text.fill("")
    page.keyboard.type("/something nobody should sit on")
    expect(chosen).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(chosen).to_have_count(0)
    page.keyboard.type("n")
    expect(chosen).to_have_count(1)
    page.keyboard.press("Enter")
    expect(text).to_have_value("")
    expect(page.locator(".td-toast")).to_contain_text("Priority: High")
    assert product.rows(f"SELECT priority FROM tickets WHERE number = {number}")[0][0] == "high"

    page.keyboard.type("/")
    expect(listed).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(listed.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    text.fill("")


def test_the_words_go_into_the_reply_that_asked_for_them_alone(open_page: OpenPage, product: Product) -> None:
    """They come late, and by then the reply of another ticket is open."""
    page = open_page(ALICE)
    number = writing(page, product)
    page.goto(f"/desk/tickets/{number}?view=queue-1")
    page.locator('#composer label[data-key="r"]').click()
    text, listed = page.get_by_label("Your reply"), page.get_by_role("listbox", name="Macros")
    expect(text).to_be_focused()
    held: list[Route] = []
    page.route("**/macros/*", lambda route: held.append(route) if route.request.method == "POST" else route.fallback())
    page.keyboard.type("/")
    expect(listed).to_be_visible()
    with page.expect_request(lambda request: request.method == "POST" and "/macros/" in request.url):
        listed.get_by_role("option").filter(has_text="Ask for a photo of the label").click()
    page.locator(f"#rows .td-row:not(#t-{number})").first.click()
    expect(page.locator(f'#talk:not([data-number="{number}"])')).to_be_visible()
    other = page.get_by_label("Your reply").input_value()
    held[0].continue_()
    expect(page.locator(".td-toast--bad")).to_contain_text(f"the reply for #{number} is no longer open")
    expect(page.get_by_label("Your reply")).to_have_value(other)
    page.locator(f"#t-{number}").click()
    expect(page.locator(f'#talk[data-number="{number}"]')).to_be_visible()
    page.get_by_label("Your reply").fill("")


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


def test_a_list_that_comes_late_leaves_the_choice_alone(open_page: OpenPage, product: Product) -> None:
    page = open_page(ALICE)
    writing(page, product)
    text, listed = page.get_by_label("Your reply"), page.get_by_role("listbox", name="Macros")
    waiting: list[Route] = []
    page.route("**/macros/options*", lambda route: waiting.append(route))
    page.keyboard.type("/nobody sh")
    expect(listed).to_be_hidden()
    assert len(waiting) == 1, "asked once, however fast somebody types"
    waiting[0].continue_()
    expect(listed.get_by_role("option").first).to_contain_text("Something nobody should sit on")
    page.keyboard.press("ArrowDown")
    expect(listed.locator('[aria-selected="true"]')).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".td-toast")).to_contain_text("Priority")
    expect(text).not_to_have_value("/nobody sh")
    text.fill("")
