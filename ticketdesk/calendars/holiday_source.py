"""Where the holidays of a calendar come from: a country, a calendar file, or a subscription to one."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

Kind = Literal["country", "file", "subscription"]


class HolidaySource(Model):
    """One source of days off; the calendar's versions hold the dates, so that clocks need nothing of this."""

    __tablename__ = "holiday_sources"
    __table_args__ = (
        CheckConstraint("kind IN ('country', 'file', 'subscription')", name="kind"),
        Index("ix_holiday_sources_calendar_id", "calendar_id"),
        Index("ix_holiday_sources_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    id: Mapped[Id]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    kind: Mapped[str]  # country, file, subscription
    country: Mapped[str] = mapped_column(default="")  # ISO 3166, of a country's days
    part: Mapped[str] = mapped_column(default="")  # the code of a part of it; empty: what all parts share
    language: Mapped[str] = mapped_column(default="en")  # in which the days are named
    name: Mapped[str] = mapped_column(default="")  # of the file, or the host of a subscription
    sealed_url: Mapped[str | None]  # of a subscription, encrypted: such addresses are often secrets
    packed: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True
    )  # the file, zlib; read again as time passes
    days: Mapped[list[Any]] = mapped_column(default=list)  # {"date", "name"} as last read well
    read_at: Mapped[datetime | None]  # when they were last read well
    next_at: Mapped[datetime | None]  # when to look again; None: never by itself
    misses: Mapped[int] = mapped_column(default=0)  # failures in a row
    error: Mapped[str | None]  # why the last attempt failed, in plain words
    created_by: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
