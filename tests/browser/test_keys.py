"""Nobody needs a mouse: a customer answers and a supervisor reads a report by keys alone."""

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
