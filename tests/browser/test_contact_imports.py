"""A file of contacts in a browser: brought, mapped, looked at and carried out by keyboard; phone and dark."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage, barriers
from tests.browser.test_contacts import overflow
from tests.contacts.importing.files import written

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PLACE = "/admin/contact-imports"
HEAD = ["First name", "Last name", "E-Mail", "Company", "Phone"]
LONG = "A rather long name of a company that makes chairs, benches and tables for gardens"


def file_of(folder: Path, who: str) -> Path:
    rows = [[who, f"the {n}th", f"{who}{n}@oak.example", LONG, f"+49 30 {n}"] for n in range(230)]
    path = folder / f"{who} of the fair.csv"
    path.write_bytes(written([*rows, ["=1+1", "", f"{who} at oak", "", ""]], HEAD))
    return path


def press(page: Page, what: Locator) -> None:
    """By keyboard, once it has the focus."""
    what.focus()
    expect(what).to_be_focused()
    page.keyboard.press("Enter")


def mapped(page: Page, path: Path) -> None:
    """As far as the page that says what would happen."""
    page.goto("/desk/contacts")
    press(page, page.get_by_role("link", name="Import", exact=True))
    expect(page.get_by_role("heading", name="Import of contacts", level=1)).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, page.get_by_role("button", name="Next: what the columns say"))
    expect(page.get_by_label("E-Mail", exact=True)).to_have_value("email")
    expect(page.get_by_label("Last name", exact=True)).to_have_value("name")
    assert barriers(page) == []
    assert overflow(page) <= 0
    press(page, page.get_by_role("button", name="See what would happen"))
    expect(page.get_by_role("button", name="Import now")).to_be_visible(timeout=60_000)


def figure(page: Page, name: str) -> Locator:
    return page.locator(".td-stat", has_text=name).locator("dd")


def test_a_file_becomes_contacts_by_keyboard(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("ada@example.com")
    mapped(page, file_of(tmp_path, "ann"))
    expect(figure(page, "Would be new")).to_have_text("230")
    expect(figure(page, "Would be refused")).to_have_text("1")
    expect(page.get_by_text("“ann at oak” is no mail address.")).to_be_visible()
    assert barriers(page) == []
    press(page, page.get_by_role("button", name="Import now"))
    expect(figure(page, "New contacts")).to_have_text("230", timeout=60_000)
    assert barriers(page) == []
    with page.expect_download() as told:
        page.get_by_role("link", name="All as CSV").click()
    assert b"'=1+1" in told.value.path().read_bytes()
    page.goto("/desk/contacts?q=ann7@oak.example")
    expect(page.get_by_role("link", name="ann the 7th")).to_be_visible()


def test_a_file_that_is_none_says_why(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("ada@example.com")
    path = tmp_path / "broken.csv"
    path.write_bytes(b'Name,Email\nAnn,"ann@oak.example\n')
    page.goto(PLACE)
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, page.get_by_role("button", name="Next: what the columns say"))
    expect(page.get_by_role("alert")).to_contain_text("begins at 2 has a quotation mark")
    assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(open_page: OpenPage, tmp_path: Path, scheme: str) -> None:
    page = open_page("ada@example.com", scheme, PHONE)
    mapped(page, file_of(tmp_path, scheme))
    assert barriers(page) == []
    assert overflow(page) <= 0
    page.goto(PLACE)
    expect(page.get_by_role("link", name=f"{scheme} of the fair.csv")).to_be_visible()
    assert barriers(page) == []
    assert overflow(page) <= 0
