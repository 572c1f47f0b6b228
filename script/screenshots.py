"""Makes the pictures of the README: starts the product with its demo and looks at it in Chromium.

Run as `.venv/bin/python script/screenshots.py` after `script/test` has installed what tests need.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from tests.browser.conftest import PHONE, QUIET, WIDE  # noqa: E402  # the path comes first
from tests.browser.shop import shop  # noqa: E402
from tests.needs import need  # noqa: E402
from tests.product import Product, installed  # noqa: E402
from ticketdesk.demo.company import PASSWORD, SIGN_INS  # noqa: E402

PICTURES = ROOT / "docs/images"
AGENT, SUPERVISOR, ADMINISTRATOR = (address for _, address in SIGN_INS)
LINK = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import tracking
from ticketdesk.tickets.ticket import Ticket
with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).where(Ticket.subject == sys.argv[1]).order_by(Ticket.id)).first()
    print(tracking.link_for(ticket.id, ticket.requester_id, clock.now()))
    db.session.commit()
"""
ANSWER = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.ticket import Ticket
with create_app().app_context():
    ticket = db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
    agent = db.session.scalars(select(Agent).where(Agent.email == "priya@example.com")).one()
    replying.reply(ticket, agent, sys.argv[1], to=[], at=clock.now(), channel="chat")
    db.session.commit()
"""
INVITE = """
import sys
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
with create_app().app_context():
    widget = db.session.scalars(select(Widget).where(Widget.name == "Shop")).one()
    widget.origins = [*widget.origins, sys.argv[1]]
    db.session.commit()
    print(widget.key)
"""
SHOP_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kelso teak bench</title>
<link rel="icon" href="data:,"><style>
body {{ margin: 0; font: 16px/1.5 Georgia, serif; color: #26332d; background: #f6f4ee }}
header {{ display: flex; gap: 2rem; padding: 1.2rem 4rem; background: #fff; border-bottom: 1px solid #ddd8ca }}
header b {{ font-size: 1.3rem; margin-right: auto }}
main {{ display: grid; grid-template-columns: 30rem 22rem; gap: 3rem; padding: 4rem }}
.picture {{ height: 28rem; border-radius: 12px; background: linear-gradient(#dfe6dc 62%, #b9c7ae 62%) }}
h1 {{ font-size: 2.2rem; line-height: 1.2; margin: 0 0 1rem }} .price {{ font-size: 1.6rem }}
.buy {{ display: inline-block; padding: .8rem 1.6rem; background: #22483b; color: #fff; border-radius: 8px }}
</style></head><body><header><b>Harrow &amp; Pine</b><span>Benches</span><span>Tables</span><span>Care</span></header>
<main><div class="picture"><svg viewBox="0 0 340 280" width="100%" height="100%" fill="none" stroke="#8a5a2b"
 stroke-width="9" stroke-linecap="round"><path d="M60 90h220M60 112h220M60 134h220M50 172h240M50 186h240M66 78v146
 M274 78v146M50 150h34M256 150h34"/></svg></div>
<div><h1>Kelso teak bench, 150 cm</h1><p>Solid teak, bolted, every part to be had singly for five years.</p>
<p class="price">£640</p><p><span class="buy">Add to basket</span></p><p>Delivered in 4 to 6 days</p></div></main>
<script src="{url}/widget.js" data-key="{key}" async></script></body></html>"""


@contextmanager
def opened(
    browser: Browser,
    product: Product,
    who: str | None = None,
    scheme: str = "light",
    size: dict[str, int] | None = None,
) -> Iterator[Page]:
    """A page, signed in as one of the demo's people where one is named."""
    page = browser.new_page(
        base_url=product.url,
        viewport=size or WIDE,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    if who is not None:
        page.goto("/sign-in")
        page.get_by_label("Email").fill(who)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/desk/**")
    yield page
    page.close()


def keep(page: Page, name: str) -> None:
    """Take the picture."""
    page.screenshot(path=PICTURES / f"{name}.png")


def take(product: Product, browser: Browser) -> None:
    """Take every picture."""
    number = product.rows("SELECT number FROM tickets WHERE subject LIKE 'Cracked armrest%%'")[0][0]
    for name, scheme, size in (
        ("desk", "light", WIDE),
        ("desk-dark", "dark", WIDE),
        ("desk-phone", "light", PHONE),
    ):
        with opened(browser, product, AGENT, scheme, size) as page:
            page.goto(f"/desk/tickets/{number}")
            page.wait_for_selector("[data-connected]")
            keep(page, name)
    with opened(browser, product, SUPERVISOR) as page:
        for name, path in (("supervisor-live", "/supervisor"), ("supervisor-times", "/supervisor/times")):
            page.goto(path)
            keep(page, name)
    with opened(browser, product, ADMINISTRATOR) as page:
        page.goto("/admin/sla/1")
        keep(page, "promises")
    with opened(browser, product) as page:
        page.goto("/")
        keep(page, "portal-home")
        page.goto(f"/t/{product.script(LINK, 'Third time I ask about the missing bolt bag').strip()}")
        keep(page, "portal-ticket")
    chat(product, browser)


def chat(product: Product, browser: Browser) -> None:
    """A visitor talks on the page of a shop, which is served from here."""
    with shop() as site, opened(browser, product) as page:
        words = SHOP_PAGE.format(url=product.url, key=product.script(INVITE, site.url).split()[-1])
        site.page = lambda: words  # type: ignore[method-assign]
        ours = f"script-src {product.url}; frame-src {product.url}"
        site.policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; {ours}"
        page.goto(f"{site.url}/benches/kelso")
        page.get_by_role("button", name=re.compile("the chat")).click()
        frame = page.frame_locator("iframe")
        for said, answer in (
            ("Good morning! Will the oil on a new armrest match the rest?", None),
            (
                None,
                "Good morning! It looks lighter at first. One coat of oil, and by summer you cannot tell them apart.",
            ),
            ("Lovely. And does the Kelso fit two and a dog?", None),
        ):
            if answer is not None:
                product.script(ANSWER, answer)
                expect(frame.get_by_text(answer).first).to_be_visible()
                continue
            frame.get_by_label("Your message").fill(str(said))
            frame.get_by_label("Your message").press("Enter")
            expect(frame.get_by_text(str(said)).first).to_be_visible()
        page.wait_for_timeout(500)
        keep(page, "widget")


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    with installed(TICKETDESK_DEMO="1") as running:
        running.start()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=str(need("chromium")), args=QUIET)
            take(running, chromium)
            chromium.close()
