"""Nobody needs a mouse: a customer answers, an agent merges, a supervisor reads a report, by keys alone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LINK = """
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import tracking
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    wanted = select(Ticket).where(Ticket.category == "open", Ticket.channel == "email", Ticket.active())
    ticket = db.session.scalars(wanted.order_by(Ticket.id.desc())).first()
    print(tracking.link_for(ticket.id, ticket.requester_id, clock.now()))
    db.session.commit()
"""
MOST_STEPS = 120


def go_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, and see that it shows."""
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(node) => node === document.activeElement"):
            assert wanted.evaluate("(node) => node.matches(':focus-visible')")
            return
    raise AssertionError(f"{wanted} is out of reach")


def test_a_customer_answers(product: Product, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"/t/{product.script(LINK).strip()}")
    go_to(page, page.get_by_label("Add to this conversation"))
    page.keyboard.type("Written without a mouse.")
    go_to(page, page.get_by_role("button", name="Send"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Written without a mouse.")


def test_a_supervisor_reads_a_report(product: Product, open_page: OpenPage) -> None:
    page = open_page("sam@example.com")
    page.goto("/supervisor")
    go_to(page, page.get_by_role("link", name="Response times"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Response times", level=1)).to_be_visible()
    go_to(page, page.get_by_role("radio", name="Chart").or_(page.get_by_role("button", name="Chart")).first)
    page.keyboard.press("ArrowRight")
    table = page.get_by_role("region", name="Table by day")
    expect(table).to_be_visible()
    go_to(page, table.get_by_role("link").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/supervisor/times/tickets?**")
    go_to(page, page.get_by_role("main").locator("th a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tickets/**")


def test_an_agent_merges_and_takes_it_back(product: Product, open_page: OpenPage) -> None:
    [(older,), (newer,)] = product.rows(
        "SELECT t.number FROM tickets t JOIN queues q ON q.id = t.queue_id WHERE t.category = 'open' "
        "AND t.channel = 'email' AND t.merged_into_id IS NULL AND q.name = 'Delivery & damage' "
        "ORDER BY t.number LIMIT 2"
    )
    page = open_page("alice@example.com")
    page.goto(f"/desk/tickets/{newer}")
    go_to(page, page.locator("#actions").get_by_role("button", name="More"))
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("group", name="More").get_by_role("link", name="Merge…"))
    page.keyboard.press("Enter")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(str(older))
    page.keyboard.press("Enter")
    found = sheet.get_by_role("link", name=f"#{older}")
    expect(found).to_be_visible()
    go_to(page, found)
    page.keyboard.press("Enter")
    merge = sheet.get_by_role("button", name="Merge", exact=True)
    expect(merge).to_be_visible()
    widen = sheet.get_by_label("They may see this")
    if widen.count():
        go_to(page, widen)
        page.keyboard.press("Space")
    go_to(page, merge)
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo the merge").first
    expect(undo).to_be_visible()
    go_to(page, undo)
    page.keyboard.press("Enter")
    expect(undo).to_be_hidden()
    assert product.rows("SELECT merged_into_id FROM tickets WHERE number = %s", newer) == [(None,)]
