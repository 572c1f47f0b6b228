"""Who takes part in a ticket: the requester, those copied in, and third parties asked by an agent."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db


class Participant(Model):
    """One identity in one ticket; "held" may write but sees nothing until an agent accepts."""

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("ticket_id", "identity_id"),
        CheckConstraint("role IN ('requester', 'cc', 'third_party')", name="role"),
        CheckConstraint("state IN ('held', 'active', 'removed')", name="state"),
        Index("ix_participants_identity_id", "identity_id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"))
    role: Mapped[str]
    state: Mapped[str]
    added_by_message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    added_at: Mapped[datetime]
    sees_since: Mapped[datetime | None]  # earlier letters stay hidden from them; None: they see all of it


def takes_part(ticket_id: int, identity_id: int) -> bool:
    """Whether an identity may join in without being held first."""
    return db.session.scalar(_TAKES_PART, {"ticket_id": ticket_id, "identity_id": identity_id}) is not None


def add(
    ticket_id: int,
    identity_id: int,
    role: str,
    state: str,
    at: datetime,
    message_id: int | None = None,
    *,
    sees_since: datetime | None = None,
) -> Participant:
    """Let an identity take part; one that already does keeps its role, and is never moved from active to held."""
    found = db.session.scalar(_OF, {"ticket_id": ticket_id, "identity_id": identity_id})
    if found is not None:
        if state == "active" and found.state != "active":
            found.state, found.sees_since = "active", sees_since
        return found
    made = Participant(
        ticket_id=ticket_id,
        identity_id=identity_id,
        role=role,
        state=state,
        added_by_message_id=message_id,
        added_at=at,
        sees_since=sees_since,
    )
    db.session.add(made)
    return made


def begin(ticket_id: int, identity_id: int, at: datetime) -> None:
    """Let whoever asks take part in a ticket that was just made, in which nobody takes part yet."""
    made = Participant(ticket_id=ticket_id, identity_id=identity_id, role="requester", state="active", added_at=at)
    db.session.add(made)


# Built once: they are asked for every message, and building costs more than asking.
_OF = select(Participant).where(
    Participant.ticket_id == bindparam("ticket_id"), Participant.identity_id == bindparam("identity_id")
)
_TAKES_PART = _OF.with_only_columns(Participant.id).where(Participant.state == "active")
