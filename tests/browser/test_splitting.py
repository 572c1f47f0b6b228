"""Splitting and linking by keyboard, on a phone, and under the open draft of a colleague, which loses nothing."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_together import ALICE, BOB, SOON, at, number_of, picture, pytestmark, reply
from tests.product import Product

__all__ = ["pytestmark"]

TWO_LETTERS = (
    "SELECT min(t.number) FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
    "WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.merged_into_id IS NULL "
    "AND t.message_count > 2"
)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_message_is_split_off_by_keyboard_and_the_colleagues_draft_stays(
    open_page: OpenPage, product: Product
) -> None:
    number = number_of(product, TWO_LETTERS)
    alice, bob = at(open_page(ALICE), number), at(open_page(BOB, scheme="dark"), number)
    reply(bob).fill("Dear customer, about both.")
    alice.locator("#scroll").focus()
    alice.keyboard.press("o")
    sheet = alice.locator("#sheet")
    expect(sheet.get_by_role("heading", name=f"Split #{number}")).to_be_visible(timeout=SOON)
    boxes = sheet.get_by_role("checkbox")
    expect(boxes.first).to_be_focused()
    for _step in range(boxes.count() - 1):
        alice.keyboard.press("Tab")
    expect(boxes.last).to_be_focused()
    alice.keyboard.press("Space")
    picture(alice, "split-choose")
    assert barriers(alice) == []
    alice.keyboard.press("Enter")
    expect(sheet).to_contain_text("One message moves", timeout=SOON)
    expect(sheet.get_by_label("Subject of the new ticket")).to_be_focused()
    picture(alice, "split-preview")
    assert barriers(alice) == []
    sheet.get_by_label("Queue").select_option(index=0)
    expect(sheet).to_contain_text("One message moves", timeout=SOON)
    picture(alice, "split-queue")
    sheet.get_by_label("Subject of the new ticket").focus()
    alice.keyboard.press("Enter")
    alice.wait_for_url(lambda url: url.rstrip("/").rpartition("/")[2].partition("?")[0] != str(number))
    expect(alice.locator("#entries")).to_contain_text(f"off from #{number} into this ticket", timeout=SOON)
    picture(alice, "split-done")
    # what moved is seen at once, the words stay, and sending asks first
    expect(bob.locator("#entries")).to_contain_text("split one message off into", timeout=SOON)
    expect(reply(bob)).to_have_value("Dear customer, about both.")
    picture(bob, "split-under-draft")
    bob.locator('[data-box="reply"] [data-send]').click()
    asked = bob.get_by_role("dialog", name="Not sent yet")
    expect(asked).to_contain_text("split one message off into", timeout=SOON)
    picture(bob, "split-stale")
    bob.keyboard.press("Enter")
    expect(reply(bob)).to_have_value("Dear customer, about both.")
    # and back
    undo = alice.get_by_role("button", name="Undo the split")
    if not undo.is_visible():  # folded with what happened beside it
        alice.locator("#entries summary", has_text="into this ticket").click()
    undo.click()
    alice.wait_for_url(f"**/{number}*")
    expect(alice.locator("#entries")).to_contain_text("took the split back", timeout=SOON)
    expect(reply(bob)).to_have_value("Dear customer, about both.")


def test_it_fits_a_phone(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, TWO_LETTERS)
    page = open_page(ALICE, size=PHONE)
    page.goto(f"/desk/tickets/{number}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Split…").click()
    sheet = page.locator("#sheet")
    sheet.get_by_role("checkbox").last.check()
    picture(page, "split-choose-phone")
    assert fits(page)
    assert barriers(page) == []
    sheet.get_by_role("button", name="Preview").click()
    expect(sheet).to_contain_text("One message moves", timeout=SOON)
    picture(page, "split-preview-phone")
    assert fits(page)
    assert barriers(page) == []


def test_incidents_are_linked_by_keyboard_and_answered_at_once(open_page: OpenPage, product: Product) -> None:
    number = number_of(product, TWO_LETTERS)
    others = product.rows(
        "SELECT t.number FROM tickets t JOIN queues q ON q.id = t.queue_id JOIN teams m ON m.id = q.team_id "
        f"WHERE m.name = 'Care' AND t.category = 'open' AND t.last_channel = 'email' AND t.number <> {number} "
        "AND t.merged_into_id IS NULL ORDER BY t.number LIMIT 2"
    )
    page = at(open_page(ALICE, scheme="dark"), number)
    sheet = page.locator("#sheet")
    for (other,) in others:
        page.locator("#scroll").focus()
        page.keyboard.press("l")
        expect(sheet.get_by_role("searchbox")).to_be_focused(timeout=SOON)
        page.keyboard.type(f"{other}")
        page.keyboard.press("Enter")
        sheet.get_by_role("link", name=f"#{other}").click()
        expect(sheet.get_by_role("button", name="is an incident of this problem")).to_be_visible(timeout=SOON)
        picture(page, "link-role")
        assert barriers(page) == []
        sheet.get_by_role("button", name="is an incident of this problem").click()
        expect(page.locator("#links")).to_contain_text(f"#{other}", timeout=SOON)
        expect(sheet).to_be_hidden()
    picture(page, "linked")
    assert barriers(page) == []
    page.locator("#links").get_by_role("link", name="Answer all incidents").click()
    expect(sheet).to_contain_text("A reply goes to 2 customers", timeout=SOON)
    sheet.get_by_label("Message").fill("The hinges are back in stock.")
    picture(page, "update")
    assert barriers(page) == []
    page.set_viewport_size(PHONE)
    picture(page, "update-phone")
    assert fits(page)
    sheet.get_by_role("button", name="Send to all").click()
    expect(page.locator("#entries")).to_contain_text("answered 2 incidents", timeout=SOON)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#entries")).to_contain_text("took the answer to 2 incidents back", timeout=SOON)
    expect(reply(page)).to_have_value("The hinges are back in stock.")
