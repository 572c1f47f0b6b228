"""Where a ticket stands: statuses are rows with a category, and logic keys on the category."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db
from ticketdesk.core.kept import kept

CATEGORIES = ("new", "open", "pending", "on_hold", "solved", "closed")
UNSOLVED = ("new", "open", "pending", "on_hold")
DONE = ("solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")


class Status(Model):
    """One status that agents can choose; each category has one default."""

    __tablename__ = "statuses"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("category IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="category"),
        Index("uq_statuses_default", "category", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    category: Mapped[str]
    position: Mapped[int]
    is_default: Mapped[bool] = mapped_column(default=False)


_DEFAULT = select(Status).where(Status.category == bindparam("category"), Status.is_default)


def default_status(category: str) -> Status:
    """The status that stands for a category when nobody chose one."""
    known = kept("statuses")
    if category not in known:
        known[category] = db.session.scalars(_DEFAULT, {"category": category}).one()
    found: Status = known[category]
    return found
