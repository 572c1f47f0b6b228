"""What would be made of a customer's mail that an agent forwarded: shown, made by a click and undone by another."""

from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, OpenPage, barriers
from tests.browser.test_contacts import overflow
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WORDS = """She is a regular, please be kind.

---------- Forwarded message ---------
From: Jo {name} <jo.{name}@pine.example>
Date: Tue, 3 Mar 2026 at 18:20
Subject: The table wobbles
To: Alice <alice@example.com>

It wobbles since Monday.
Jo
"""


def forwarded(product: Product, name: str) -> int:
    """Alice forwards what a customer wrote to her; the ticket's number."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Alice <alice@example.com>", "support@example.com"
    mail["Subject"], mail["Message-ID"] = f"Fwd: The table wobbles ({name})", make_msgid(domain="example.com")
    mail.set_content(WORDS.format(name=name))
    mail.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="leg.png")
    return int(product.ingest(mail.as_bytes())["ticket"])


@pytest.mark.parametrize(("scheme", "size", "name"), [("light", WIDE, "wide"), ("dark", PHONE, "phone")])
def test_it_is_shown_made_and_undone(
    open_page: OpenPage, product: Product, scheme: str, size: dict[str, int], name: str
) -> None:
    number = forwarded(product, name)
    page = open_page("ada@example.com", scheme, size)
    page.goto(f"/desk/tickets/{number}")
    offer = page.locator("form.td-forwarded")
    expect(offer).to_contain_text(f"It was written by Jo {name}.")
    expect(offer.get_by_label("leg.png")).to_be_checked()
    offer.get_by_text("What would be made").click()
    expect(offer.get_by_role("region", name="Text")).to_contain_text("It wobbles since Monday.")
    expect(offer).not_to_contain_text("She is a regular")
    assert barriers(page) == [] and overflow(page) == 0

    button = offer.get_by_role("button", name=f"Make Jo {name} the requester")
    button.focus()
    page.keyboard.press("Enter")
    made = page.locator("p.td-forwarded")
    expect(made).to_contain_text(f"Jo {name} is the requester and does not see this mail.")
    expect(offer).to_have_count(0)
    expect(page.locator("#composer")).to_contain_text(f"Jo {name}")
    assert barriers(page) == [] and overflow(page) == 0

    made.get_by_role("button", name="Undo").click()
    expect(offer).to_contain_text(f"It was written by Jo {name}.")
    expect(page.locator("#composer")).not_to_contain_text(f"Jo {name}")
