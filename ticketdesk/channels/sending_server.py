"""How the servers are that our mail leaves by: the shared one, and those of single mailboxes."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db

LONGEST_ERROR = 500
APART = timedelta(seconds=30)
"""Many mails fail in the same moment; misses in a row are counted no closer together."""
FRESH = timedelta(minutes=1)
"""A success is noted anew only when the last note is older, so that mails do not wait for each other."""


class SendingServer(Model):
    """One server; no row before the first mail."""

    __tablename__ = "sending_servers"
    __table_args__ = (UniqueConstraint("mailbox_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailboxes.id", ondelete="CASCADE"))  # None: the shared
    worked_at: Mapped[datetime | None]  # last success
    error: Mapped[str | None]  # the last failure in plain words; None after a success
    misses: Mapped[int] = mapped_column(default=0)  # failures in a row
    missed_at: Mapped[datetime | None]  # the last that was counted
    told_at: Mapped[datetime | None]  # when administrators were told of the present outage


def worked(mailbox_id: int | None, at: datetime) -> None:
    """A mail was taken by the server."""
    _known(mailbox_id)
    db.session.execute(
        update(SendingServer)
        .where(
            SendingServer.mailbox_id.is_not_distinct_from(mailbox_id),
            or_(SendingServer.misses > 0, SendingServer.worked_at.is_(None), SendingServer.worked_at < at - FRESH),
        )
        .values(worked_at=at, error=None, misses=0),
        execution_options={"synchronize_session": False},
    )


def missed(mailbox_id: int | None, reason: str, at: datetime) -> None:
    """The server could not be used."""
    _known(mailbox_id)
    db.session.execute(
        update(SendingServer)
        .where(
            SendingServer.mailbox_id.is_not_distinct_from(mailbox_id),
            or_(SendingServer.misses == 0, SendingServer.missed_at.is_(None), SendingServer.missed_at <= at - APART),
        )
        .values(error=reason[:LONGEST_ERROR], misses=SendingServer.misses + 1, missed_at=at),
        execution_options={"synchronize_session": False},
    )


def of_all() -> dict[int | None, SendingServer]:
    """Every server that was used, by its mailbox."""
    return {server.mailbox_id: server for server in db.session.scalars(select(SendingServer))}


def _known(mailbox_id: int | None) -> None:
    is_there = select(SendingServer.id).where(SendingServer.mailbox_id.is_not_distinct_from(mailbox_id))
    if db.session.scalar(is_there) is None:
        db.session.execute(insert(SendingServer).values(mailbox_id=mailbox_id, misses=0).on_conflict_do_nothing())
