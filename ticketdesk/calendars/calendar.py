"""A calendar and its versions: a change makes a new version, so that what was counted stays as it was counted."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class Calendar(Model):
    """A named set of business hours that policies and chats refer to."""

    __tablename__ = "calendars"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[str]
    created_at: Mapped[datetime]


class CalendarVersion(Model):
    """The hours of one calendar from `starts_at` until the next version starts; never changed once written."""

    __tablename__ = "calendar_versions"
    __table_args__ = (
        UniqueConstraint("calendar_id", "number"),
        Index("ix_calendar_versions_calendar_id_starts_at", "calendar_id", "starts_at"),
        CheckConstraint("jsonb_array_length(week) = 7", name="seven_days"),
    )

    id: Mapped[Id]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    number: Mapped[int]  # 1, 2, 3 … within the calendar
    starts_at: Mapped[datetime]  # the first version also holds for everything before it
    timezone: Mapped[str]  # an IANA name such as Europe/London
    week: Mapped[list[Any]]  # Monday first: [[[540, 1020]], …], local minutes; above 1440 is the next morning
    exceptions: Mapped[list[Any]] = mapped_column(default=list)  # {"date", "name", "open": [[540, 720]]}; [] is closed
    holidays: Mapped[list[Any]] = mapped_column(
        default=list
    )  # {"date", "name", "off"}; "off" means we work all the same
    created_by: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
