"""What was joined and what was kept apart: remembered, so that it can be undone and is not done again."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class ContactJoin(Model):
    """One contact became part of another: which identities moved, and what the other took over."""

    __tablename__ = "contact_joins"
    __table_args__ = (
        CheckConstraint("kept_id <> given_up_id", name="two"),
        Index("ix_contact_joins_kept_id", "kept_id"),
        # one at a time, so that the way from a contact that was given up is one way
        Index("uq_contact_joins_given_up", "given_up_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )

    id: Mapped[Id]
    kept_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    given_up_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    identity_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    evidence: Mapped[str]  # as on the links
    took_name: Mapped[bool]  # the kept one had no better name than an address
    took_organization: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # None: hard evidence did it
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))


class KeptApart(Model):
    """Two identities of which a person said that they are two people; only a person joins them again."""

    __tablename__ = "identities_kept_apart"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="order"),
        Index("ix_identities_kept_apart_other_id", "other_id"),
    )

    one_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
