"""Saved views in a browser: put together by hand and without a script, on a phone, in the dark."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_view_is_put_together_while_it_tells_what_it_finds(open_page: OpenPage) -> None:
    page = open_page("priya@example.com")
    page.goto("/desk/views/new")
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("What is asked").select_option("waiting")
    first.get_by_label("How long").fill("1")
    page.get_by_role("button", name="Add a condition").click()
    second = page.get_by_role("group", name="Condition 2")
    expect(page.locator("#preview")).to_contain_text("One condition is not filled in yet")
    expect(second.get_by_label("What is asked")).to_be_focused()
    second.get_by_label("What is asked").select_option("assignee")
    expect(second.get_by_label("Nobody")).to_be_visible()
    expect(second.get_by_label("What is asked")).to_be_focused()
    second.get_by_label("Nobody").check()
    second.get_by_label("Me", exact=True).check()
    page.get_by_role("button", name="Add a condition").click()
    expect(page.get_by_role("group", name="Condition 3")).to_be_visible()
    page.get_by_role("button", name="Remove condition 3").click()
    expect(page.get_by_role("button", name="Add a condition")).to_be_focused()
    expect(page.locator("#preview")).to_contain_text("tickets that you can see")
    expect(page.locator("#preview")).not_to_contain_text("not filled in")
    assert page.locator("#preview li").count() > 0
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("alert")).to_contain_text("A name, please.")
    expect(first.get_by_label("How long")).to_have_value("1")
    page.get_by_label("Name", exact=True).fill("Waits too long")
    page.get_by_label("Queue", exact=True).last.check()
    page.get_by_role("button", name="Save the view").click()
    page.wait_for_url("**/desk/views/view-*")
    expect(page.get_by_role("heading", name="Waits too long", level=1)).to_be_visible()
    listed = page.locator(".td-row").count()
    assert listed > 0
    expect(page.locator("#rail").get_by_role("link", name="Waits too long").locator(".td-count")).to_have_text(
        str(listed)
    )
    expect(page.locator(".td-row__facts").first).not_to_be_empty()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#talk[data-number]")).to_be_visible()
    expect(page.locator("#list").get_by_role("heading", name="Waits too long")).to_be_visible()
    page.get_by_role("link", name="Change this view").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the view").click()
    page.wait_for_url("**/desk/views")
    expect(page.get_by_role("link", name="Waits too long")).to_have_count(0)


def test_without_script_and_for_everybody_to_use(chromium: Browser, product: Product, open_page: OpenPage) -> None:
    state = open_page("priya@example.com").context.storage_state()
    context = chromium.new_context(java_script_enabled=False, base_url=product.url, storage_state=state)
    page = context.new_page()
    page.goto("/desk/views/new")
    page.get_by_label("What is asked").select_option("subject")
    page.get_by_role("button", name="Show what fits").click()
    page.get_by_label("Words", exact=True).fill("e")
    page.get_by_label("Name", exact=True).fill("Without script")
    page.get_by_role("button", name="Add a condition").click()
    expect(page.get_by_label("Words", exact=True)).to_have_value("e")
    expect(page.locator("#preview")).to_contain_text("not filled in yet")
    page.get_by_role("button", name="Remove condition 2").click()
    page.get_by_role("button", name="Save the view").click()
    page.wait_for_url("**/desk/views/view-*")
    assert page.locator(".td-row").count() > 2
    page.goto("/desk/views")
    page.get_by_role("button", name="Copy Without script").click()
    page.wait_for_url("**/setup")
    page.goto("/desk/views")
    names = page.locator(".td-views__name a")
    before = names.all_inner_texts()
    page.get_by_role("button", name=f"Move {before[0]} down", exact=True).click()
    assert names.all_inner_texts() == [before[1], before[0], *before[2:]]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_anybody_out(open_page: OpenPage, scheme: str, size: dict[str, int] | None) -> None:
    page = open_page("priya@example.com", scheme, size)
    page.goto("/desk/views/new")
    page.get_by_label("What is asked").select_option("assignee")
    page.get_by_label("Nobody").check()
    assert barriers(page) == []
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Name", exact=True).fill("Nobody's")
    page.get_by_role("button", name="Save the view").click()
    page.wait_for_url("**/desk/views/view-*")
    number = page.url.rpartition("-")[2]
    for address in (f"view-{number}", "", f"{number}/setup", f"{number}/deletion"):
        page.goto(f"/desk/views/{address}".rstrip("/"))
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
