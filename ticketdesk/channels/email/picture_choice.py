"""Whose pictures an agent wants to see without asking again: those of one message, or of one sender."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import Id, Model, db
from ticketdesk.tickets.message import Message


class PictureChoice(Model):
    """One agent looks at the pictures of one message, or of everything one sender writes."""

    __tablename__ = "picture_choices"
    __table_args__ = (
        CheckConstraint("(message_id IS NULL) <> (identity_id IS NULL)", name="one_thing"),
        Index(
            "uq_picture_choices_message",
            "agent_id",
            "message_id",
            unique=True,
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index(
            "uq_picture_choices_sender",
            "agent_id",
            "identity_id",
            unique=True,
            postgresql_where=text("identity_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    chosen_at: Mapped[datetime]


def choose(agent: Agent, message: Message, now: datetime, *, whole_sender: bool) -> None:
    """From now on this agent sees the pictures of this message, or of all that its sender wrote or will write."""
    by_sender = whole_sender and message.identity_id is not None
    db.session.execute(
        insert(PictureChoice)
        .values(
            agent_id=agent.id,
            message_id=None if by_sender else message.id,
            identity_id=message.identity_id if by_sender else None,
            chosen_at=now,
        )
        .on_conflict_do_nothing()
    )


def revoke(agent: Agent, message: Message) -> None:
    """Ask again before pictures of this message and of its sender are shown."""
    db.session.execute(delete(PictureChoice).where(PictureChoice.agent_id == agent.id, _of(message)))


def has_chosen_for(agent: Agent, message: Message) -> bool:
    """Whether this agent wants to see the pictures of this message."""
    found = select(PictureChoice.id).where(PictureChoice.agent_id == agent.id, _of(message)).limit(1)
    return db.session.scalar(found) is not None


def has_chosen(agent_id: int) -> ColumnElement[bool]:
    """As a condition on Message: this agent wants to see its pictures."""
    return (
        select(PictureChoice.id)
        .where(
            PictureChoice.agent_id == agent_id,
            or_(PictureChoice.message_id == Message.id, PictureChoice.identity_id == Message.identity_id),
        )
        .exists()
    )


def _of(message: Message) -> ColumnElement[bool]:
    return or_(PictureChoice.message_id == message.id, PictureChoice.identity_id == message.identity_id)
