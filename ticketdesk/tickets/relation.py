"""A link between two tickets that stay two: related, a duplicate, or an incident of a problem."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

ROLES = {
    "related": "related",
    "duplicate": "original",
    "original": "duplicate",
    "incident": "problem",
    "problem": "incident",
}
"""What the other ticket can be to this one, each with what this one is to it then."""


class Relation(Model):
    """One link; one that was taken off stays with its end."""

    __tablename__ = "relations"
    __table_args__ = (
        CheckConstraint("kind IN ('related', 'duplicate', 'incident')", name="kind"),
        CheckConstraint("ticket_id <> other_id", name="two"),
        Index("ix_relations_ticket_id", "ticket_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_relations_other_id", "other_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # the duplicate, the incident
    other_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))  # the original, the problem
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    ended_at: Mapped[datetime | None]

    def role_of_other(self, ticket_id: int) -> str:
        """What the other ticket is to one of the two."""
        if self.kind == "related":
            return "related"
        beside = {"duplicate": "original", "incident": "problem"}[self.kind]
        return beside if ticket_id == self.ticket_id else self.kind
