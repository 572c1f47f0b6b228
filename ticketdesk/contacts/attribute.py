"""What is kept of every contact besides: a list of attributes made by administrators, and their values."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

KINDS = ("text", "number", "date", "choice", "checkbox")


class ContactAttribute(Model):
    """One thing that can be said of a contact, such as a customer number."""

    __tablename__ = "contact_attributes"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS!r}", name="kind"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)  # what imports and machines call it; never changes
    label: Mapped[str]
    kind: Mapped[str]  # of KINDS; never changes
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # of a choice, in their order
    position: Mapped[int]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]  # not shown any more; its values are kept


class ContactValue(Model):
    """What one attribute says of one contact, in one form for each kind, so that values can be compared."""

    __tablename__ = "contact_values"
    __table_args__ = (
        # Imports find contacts by what an attribute says; a long value would not fit into an index as a whole.
        Index("ix_contact_values_said", "attribute_id", text('"left"(value, 100)')),
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    attribute_id: Mapped[int] = mapped_column(ForeignKey("contact_attributes.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[str]  # a date is 2026-03-04, a number has a point, a ticked box is "yes"
