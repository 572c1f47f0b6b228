"""The demo company, open day and night: for stories that must not depend on the day on which they are played."""

from tests.product import Product

OPEN = """
from datetime import UTC, datetime
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.calendars import editing
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db

with create_app().app_context():
    for calendar in db.session.scalars(select(Calendar)):
        zone = editing.current(calendar.id).timezone
        editing.change(calendar, zone, [[[0, 24 * 60]]] * 7, SYSTEM, datetime.now(UTC))
    db.session.commit()
"""


def open_day_and_night(product: Product) -> None:
    """Announce hours without end for every calendar, from now on."""
    product.script(OPEN)
