"""What is kept of every ticket besides: fields made by administrators, and what they say of tickets."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

KINDS = ("text", "number", "choice", "choices", "date", "checkbox", "reference")
CODED = ("choice", "choices", "checkbox")
"""Those whose values are codes of ours, no words of anybody: events may tell them."""
TARGETS = ("ticket", "contact", "organization")


class TicketField(Model):
    """One thing that can be said of a ticket, such as the order it is about."""

    __tablename__ = "ticket_fields"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        CheckConstraint(f"refers_to IN {TARGETS!r}", name="refers_to"),
        CheckConstraint("(kind = 'reference') = (refers_to IS NOT NULL)", name="reference"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)  # what searches and machines call it; never changes
    label: Mapped[str]
    help: Mapped[str] = mapped_column(default="")  # below the field, where it is filled in
    kind: Mapped[str]  # of KINDS; never changes
    refers_to: Mapped[str | None]  # of TARGETS, for a reference; never changes
    options: Mapped[list[Any]] = mapped_column(default=list)  # {"key", "label", "offered"} in their order
    is_everywhere: Mapped[bool] = mapped_column(default=True)  # asked in all queues; else in those of FieldQueue
    for_customers: Mapped[bool] = mapped_column(default=False)  # forms may ask it; else agents alone fill it in
    required_in_forms: Mapped[bool] = mapped_column(default=False)
    required_to_solve: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]  # asked nowhere any more; what it said is kept

    @property
    def labels(self) -> Mapping[str, str]:
        """What its options are called, those that are offered no more included."""
        return {option["key"]: option["label"] for option in self.options}

    @property
    def offered(self) -> Mapping[str, str]:
        """The options that can be chosen, in their order."""
        return {option["key"]: option["label"] for option in self.options if option["offered"]}


class FieldQueue(Model):
    """A queue whose tickets are asked a field."""

    __tablename__ = "ticket_field_queues"
    __table_args__ = (Index("ix_ticket_field_queues_queue_id", "queue_id"),)

    field_id: Mapped[int] = mapped_column(ForeignKey("ticket_fields.id", ondelete="CASCADE"), primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)


class FieldValue(Model):
    """One value of a field on a ticket, in the column of its kind: see docs/decisions/0011."""

    __tablename__ = "ticket_values"
    __table_args__ = (
        CheckConstraint("num_nonnulls(code, number, day, words, refers_id) = 1", name="one"),
        Index("ix_ticket_values_code", "field_id", "code", "ticket_id", postgresql_where=text("code IS NOT NULL")),
        Index("ix_ticket_values_number", "field_id", "number", postgresql_where=text("number IS NOT NULL")),
        Index("ix_ticket_values_day", "field_id", "day", postgresql_where=text("day IS NOT NULL")),
        Index("ix_ticket_values_words", "field_id", text("lower(words)"), postgresql_where=text("words IS NOT NULL")),
        Index("ix_ticket_values_refers_id", "field_id", "refers_id", postgresql_where=text("refers_id IS NOT NULL")),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("ticket_fields.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0, and 1, 2 … where several are chosen
    code: Mapped[str | None]  # an option's key; of a ticked box "yes"
    number: Mapped[Decimal | None]
    day: Mapped[date | None]
    words: Mapped[str | None]
    refers_id: Mapped[int | None]  # the row it refers to, a ticket's or contact's or organization's; perhaps gone
