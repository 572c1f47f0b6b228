"""A visitor: one browser on one site, known by a secret that it keeps."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Visitor(Model):
    """One browser that opened a widget; what was typed there proves nothing."""

    __tablename__ = "visitors"
    __table_args__ = (
        Index("ix_visitors_ticket_id", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
        Index("ix_visitors_identity_id", "identity_id"),
        Index("ix_visitors_email_identity_id", "email_identity_id"),
        Index("ix_visitors_last_seen_at", "last_seen_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    widget_id: Mapped[int] = mapped_column(ForeignKey("widgets.id"))
    token_sha256: Mapped[str] = mapped_column(unique=True)  # of 256 random bits
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))  # made with the first message
    email_identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))  # where answers may go by mail
    name: Mapped[str] = mapped_column(default="")  # as typed
    email: Mapped[str | None]  # as typed, normalised; it becomes an identity with the first message
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="SET NULL"))  # the present talk
    read_id: Mapped[int] = mapped_column(default=0)  # the message up to which everything was read, or went by mail
    last_seen_at: Mapped[datetime]
    left_at: Mapped[datetime | None]  # the page was closed; None while it is open
    ended_at: Mapped[datetime | None]  # the secret is good for nothing any more
    page: Mapped[str | None]  # the site's page of the last visit
    referrer: Mapped[str | None]
    created_at: Mapped[datetime]
