"""Makes the pictures of the README: starts the product with its demo and looks at it in Chromium.

Run as `.venv/bin/python script/screenshots.py` after `script/test` has installed what tests need.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from tests.browser.conftest import PHONE, QUIET, WIDE  # noqa: E402  # the path comes first
from tests.needs import need  # noqa: E402
from tests.product import Product, installed  # noqa: E402
from ticketdesk.demo.company import PASSWORD, SIGN_INS  # noqa: E402

PICTURES = ROOT / "docs/images"


def sign_in(page: Page, who: str) -> None:
    """Come in as one of the demo's people."""
    page.goto("/sign-in")
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk/**")


def take(product: Product) -> None:
    """Take every picture."""
    agent = SIGN_INS[0][1]
    administrator = SIGN_INS[2][1]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(need("chromium")), args=QUIET)
        for name, scheme, size in (
            ("desk", "light", WIDE),
            ("desk-dark", "dark", WIDE),
            ("desk-phone", "light", PHONE),
        ):
            page = browser.new_page(base_url=product.url, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            sign_in(page, agent)
            number = product.rows("SELECT number FROM tickets WHERE subject LIKE 'Cracked armrest%%'")[0][0]
            page.goto(f"/desk/tickets/{number}")
            page.wait_for_selector("[data-connected]")
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
        page = browser.new_page(base_url=product.url, viewport=WIDE)  # type: ignore[arg-type]
        sign_in(page, administrator)
        page.goto("/admin/sla/1")
        page.screenshot(path=PICTURES / "promises.png")
        browser.close()


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    with installed(TICKETDESK_DEMO="1") as running:
        running.start()
        take(running)
