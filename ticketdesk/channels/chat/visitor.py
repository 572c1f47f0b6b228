"""A visitor: one browser on one site, known by a secret that it keeps."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Json, Model


class Visitor(Model):
    """One browser that opened a widget; what was typed there proves nothing."""

    __tablename__ = "visitors"
    __table_args__ = (
        Index("ix_visitors_ticket_id", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
        Index("ix_visitors_identity_id", "identity_id"),
        Index("ix_visitors_email_identity_id", "email_identity_id"),
        Index("ix_visitors_external_id", "widget_id", "external_id", postgresql_where=text("external_id IS NOT NULL")),
        Index("ix_visitors_signed_by", "signed_by", postgresql_where=text("signed_by IS NOT NULL")),
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
    topic: Mapped[str | None]  # what it is about, as chosen among the widget's topics before the first message
    external_id: Mapped[str | None]  # who the site says it is, in the form of an identity's value; None: nobody signed
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("widget_secrets.id", ondelete="SET NULL"))  # the last time
    signed_email: Mapped[str | None]  # an address that the site answers for: evidence, unlike `email`
    attributes: Mapped[Json] = mapped_column(default=dict)  # what the site's page says about them; proves nothing
    page: Mapped[str | None]  # the site's page of the last visit
    referrer: Mapped[str | None]
    pages: Mapped[list[Any]] = mapped_column(default=list)  # [{"at", "url"}], where they were before, the newest last
    language: Mapped[str | None]  # that their browser asks for
    timezone: Mapped[str | None]  # of their browser's clock, by its IANA name
    created_at: Mapped[datetime]
