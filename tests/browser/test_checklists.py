"""A checklist by keyboard, and on a phone in the dark."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_side_conversations import TWO_LETTERS, fits
from tests.browser.test_together import ALICE, SOON, at, number_of, picture, pytestmark
from tests.product import Product

__all__ = ["pytestmark"]


def test_a_line_is_added_and_ticked_off_by_keyboard(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, TWO_LETTERS)
    alice = at(open_page(ALICE), number)
    section = alice.locator("#checklist")
    alice.locator("#scroll").focus()
    for words in ("Call the carrier", "Find the bolt"):
        alice.keyboard.press("q")
        expect(section.get_by_label("What is to be done").first).to_be_focused(timeout=SOON)
        alice.keyboard.insert_text(words)
        alice.keyboard.press("Enter")
        expect(section).to_contain_text(words, timeout=SOON)
    box = section.get_by_role("checkbox", name="Call the carrier")
    box.focus()
    alice.keyboard.press("Space")
    expect(section).to_contain_text("1 of 2", timeout=SOON)
    expect(box).to_have_attribute("aria-checked", "true")
    expect(box).to_be_focused()
    section.scroll_into_view_if_needed()
    picture(alice, "checklist")
    assert barriers(alice) == []
    section.get_by_role("button", name="Change: Find the bolt").click()
    section.get_by_role("button", name="Take it off").last.click()
    expect(section).to_contain_text("1 of 1", timeout=SOON)
    alice.get_by_role("button", name="Undo").click()
    expect(section).to_contain_text("1 of 2", timeout=SOON)
    phone = open_page(ALICE, size=PHONE, scheme="dark")
    phone.goto(f"/desk/tickets/{number}#side")
    expect(phone.locator("#checklist")).to_contain_text("1 of 2", timeout=SOON)
    phone.locator("#checklist").scroll_into_view_if_needed()
    assert fits(phone)
    assert barriers(phone) == []
    picture(phone, "checklist-phone")
