"""The main job, seen by an agent: a mail appears, is answered, and the customer's answer comes back."""

import json
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AT_ONCE, PHONE, WIDE, OpenPage, barriers
from tests.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ALICE = "alice@example.com"
ADA = "ada@example.com"
PAGES = (
    "/desk/",
    "/desk/new",
    "/account",
    "/admin",
    "/admin/mailboxes",
    "/admin/mailboxes/new",
    "/admin/mailboxes/1",
    "/admin/agents",
    "/admin/agents/new",
    "/admin/agents/1",
    "/admin/teams",
    "/admin/teams/1",
    "/admin/queues",
    "/admin/queues/new",
    "/admin/queues/1",
    "/admin/hours",
    "/admin/hours/new",
    "/admin/hours/1",
    "/admin/hours/1/holidays?country=DE&part=BY",
    "/admin/hours/1/time?start=2026-03-28T00:00&end=2026-03-31T00:00",
    "/admin/sla",
    "/admin/sla/new",
    "/admin/policies/1/steps",
    "/admin/policies/1/steps/new",
    "/admin/sla/1",
    "/admin/mail/quarantined",
    "/admin/mail/inert",
    "/admin/forms",
    "/admin/forms/new",
    "/admin/forms/1",
    "/admin/widgets",
    "/admin/widgets/new",
    "/admin/widgets/1",
    "/admin/brands",
    "/admin/brands/new",
    "/admin/brands/1",
    "/admin/articles",
    "/admin/articles/new",
    "/admin/articles/1",
    "/admin/articles/sections/1",
    "/admin/macros",
    "/admin/macros/new",
    "/admin/macros/1",
    "/admin/surveys",
    "/admin/surveys/1",
    "/supervisor",
    "/supervisor?wall=1",
    "/supervisor/times?days=90",
    "/supervisor/times/tickets?days=90",
    "/supervisor/satisfaction?days=90",
    "/supervisor/follow-ups",
)
OPEN_PAGES = ("/", "/sign-in", "/no-such-page", "/help?q=order", "/forms/orders", "/my/sign-in", "/my/code")
MATTERS = {
    "the newest": "SELECT max(number) FROM tickets",
    "a chat": "SELECT max(number) FROM tickets WHERE channel = 'chat' AND category = 'open'",
    "merged": "SELECT max(number) FROM tickets WHERE merged_into_id IS NOT NULL",
    "survived": "SELECT max(t.number) FROM tickets t JOIN tickets s ON s.merged_into_id = t.id",
    "rated low": "SELECT max(t.number) FROM tickets t JOIN survey_invitations i ON i.ticket_id = t.id "
    "JOIN survey_answers a ON a.invitation_id = i.id WHERE a.score < 3",
}

LINKS = """
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core import clock, links
from ticketdesk.core.db import db
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.sending import LINK
from ticketdesk.tickets import tracking
from ticketdesk.tickets.ticket import Ticket

with create_app().app_context():
    for categories in (["open"], ["solved", "closed"]):
        wanted = select(Ticket).where(
            Ticket.category.in_(categories), Ticket.channel != "chat", Ticket.spam_at.is_(None),
            Ticket.merged_into_id.is_(None), Ticket.trashed_at.is_(None),
        )
        ticket = db.session.scalars(wanted.order_by(Ticket.id.desc())).first()
        print("/t/" + tracking.link_for(ticket.id, ticket.requester_id, clock.now()))
    answered = select(SurveyAnswer.invitation_id)
    for of_kind in (SurveyInvitation.id.in_(answered), SurveyInvitation.id.not_in(answered)):
        wanted = select(SurveyInvitation.id).where(of_kind, SurveyInvitation.state == "sent")
        token = links.signed(LINK, db.session.scalars(wanted.order_by(SurveyInvitation.id.desc())).first())
        print(f"/s/{token}", f"/s/{token}/unsubscribe")
    db.session.commit()
"""


def mail(subject: str, words: str, sender: str = "nora@customer.test") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Nora Quill <{sender}>", "support@example.com", subject
    made["Message-ID"] = f"<{abs(hash((subject, words)))}@customer.test>"
    made.set_content(words)
    return made


def open_queue(page: Page) -> None:
    page.get_by_role("link", name="Delivery & damage").first.click()
    expect(page.get_by_role("heading", name="Delivery & damage")).to_be_visible()
    # The socket must be there before the clock starts.
    page.wait_for_selector("[data-connected]")


def test_mail_appears_is_answered_and_the_answer_comes_back(product: Product, open_page: OpenPage) -> None:
    page = open_page(ALICE)
    open_queue(page)
    page.evaluate("window.neverReloaded = true")

    product.send(mail("Loose hinge on the Fjord box", "The left hinge is loose. What can I do?"))
    row = page.get_by_role("link", name="Loose hinge on the Fjord box")
    expect(row).to_be_visible(timeout=AT_ONCE)
    assert page.evaluate("window.neverReloaded")

    row.click()
    expect(page.get_by_text("The left hinge is loose. What can I do?").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Your reply").fill("Hello Nora,\n\nhold the lid and turn the **lower** screw.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".td-msg--out").get_by_text("turn the lower screw")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("")

    def answers() -> list[EmailMessage]:
        return [one for one in product.sent_to("nora@customer.test") if "Auto-Submitted" not in one]

    [answer] = until(answers, "the reply in var/outbox")
    assert "turn the **lower** screw" in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "<strong>lower</strong>" in answer.get_body(("html",)).get_content()  # type: ignore[union-attr]

    back = mail("Re: " + str(answer["Subject"]), "That did it, thank you!")
    back.replace_header("To", str(answer["Reply-To"]))
    back["In-Reply-To"] = str(answer["Message-ID"])
    taken = product.ingest(back.as_bytes())
    assert (taken["outcome"], taken["threaded_by"]) == ("appended", "recipient_token")
    expect(page.get_by_text("That did it, thank you!").first).to_be_visible(timeout=5_000)
    assert page.evaluate("window.neverReloaded")


def test_a_draft_survives_leaving_the_page(product: Product, open_page: OpenPage) -> None:
    page = open_page(ALICE)
    open_queue(page)
    page.locator("a.td-row").first.click()
    words = page.get_by_label("Your reply")
    words.fill("Half a thought")
    expect(page.get_by_text("Saved ").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Your reply")).to_have_value("Half a thought")
    page.get_by_label("Your reply").fill("")
    page.wait_for_timeout(1500)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_open_to_everyone(
    product: Product, open_page: OpenPage, scheme: str, size: dict[str, int]
) -> None:
    found: list[str] = []

    def look(page: Page, path: str) -> None:
        page.goto(path)
        found.extend(barriers(page))
        if overflows(page):
            found.append(f"{path} must be scrolled sideways")

    page = open_page(None, scheme, size)
    for path in OPEN_PAGES:
        look(page, path)
    for path in of_customers(product):
        look(page, path)
    page = open_page(ADA, scheme, size)
    for path in PAGES:
        look(page, path)
    for what, query in MATTERS.items():
        number = product.rows(query)[0][0]
        assert number, what
        look(page, f"/desk/tickets/{number}")
    number = product.rows(MATTERS["a chat"])[0][0]
    look(page, f"/desk/tickets/{number}/merge")
    look(page, f"/desk/tickets/{number}/customer-links")
    page.goto(f"/desk/tickets/{number}")
    page.keyboard.press("m")
    expect(page.locator("#macros [data-macro]").first).to_be_visible()
    found.extend(barriers(page))
    page.keyboard.press("Escape")
    assert found == []


def of_customers(product: Product) -> list[str]:
    """Pages that are reached by a link only: tickets, a survey that has its answer, and one that waits for it."""
    return product.script(LINKS).split()


def overflows(page: Page) -> bool:
    """Whether a reader must scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_the_command_line_takes_an_mbox(product: Product) -> None:
    lines = product.command("mail", "ingest", "-", stdin=mail("By hand", "Words").as_bytes()).splitlines()
    assert json.loads(lines[0])["outcome"] == "created"
