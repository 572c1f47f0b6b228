"""What settings let one choose from."""

from collections.abc import Collection

from sqlalchemy import or_, select
from wtforms import HiddenField
from wtforms.validators import AnyOf

from ticketdesk.accounts.team import Team
from ticketdesk.brands.brand import Brand
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

Choices = list[tuple[int, str]]


class MoveForm(Form):
    """One place up or down."""

    direction = HiddenField(validators=[AnyOf(("up", "down"))])


def teams() -> Choices:
    """All teams by name."""
    return [(row.id, row.name) for row in db.session.execute(select(Team.id, Team.name).order_by(Team.name))]


def queues(chosen: Collection[int] = ()) -> Choices:
    """The queues in use, in their order, and those that were chosen before."""
    wanted = select(Queue.id, Queue.name, Queue.archived_at).order_by(Queue.position, Queue.id)
    rows = db.session.execute(wanted.where(or_(Queue.archived_at.is_(None), Queue.id.in_(chosen))))
    return [(row.id, row.name if row.archived_at is None else _("%(name)s (archived)", name=row.name)) for row in rows]


def brands() -> Choices:
    """All brands by name."""
    return [(row.id, row.name) for row in db.session.execute(select(Brand.id, Brand.name).order_by(Brand.name))]


def calendars() -> Choices:
    """All calendars by name."""
    return [
        (row.id, row.name) for row in db.session.execute(select(Calendar.id, Calendar.name).order_by(Calendar.name))
    ]


def moved(order: list[int], one: int, direction: str) -> list[int]:
    """The order with one of it a place further up or down; the first and the last stay where they are."""
    at = order.index(one)
    to = max(at - 1, 0) if direction == "up" else min(at + 1, len(order) - 1)
    order[at], order[to] = order[to], order[at]
    return order
