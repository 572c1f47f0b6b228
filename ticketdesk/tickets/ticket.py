"""The ticket: one matter of one requester, from the first message to its end."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    Index,
    Sequence,
    Text,
    and_,
    bindparam,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketdesk.brands.brand import Brand
from ticketdesk.core.db import Id, Instant, Model
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import UNSOLVED, Status

NUMBERS = Sequence("ticket_numbers", start=1001, metadata=Model.metadata)

ACTIVE = (
    "category IN ('new', 'open', 'pending', 'on_hold') "
    "AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL"
)

STANDS = "trashed_at IS NULL AND merged_into_id IS NULL AND spam_at IS NULL"
"""By itself, and neither thrown away nor spam."""

MAIL = "mail"
CHAT = "chat"
"""How the customer is talked with: by letters, or at once."""

WAITING = (
    "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL "
    "AND customer_wrote_at IS NOT NULL AND (answered_at IS NULL OR customer_wrote_at > answered_at)"
)
"""With us, and the customer wrote last."""

TO_HAND_OUT = (
    "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL "
    "AND assignee_id IS NULL AND snoozed_until IS NULL"
)
"""With us, nobody's, and not put away."""

TALKS = f"{ACTIVE} AND channel = '{CHAT}' AND turned_to IS DISTINCT FROM '{MAIL}'"
"""Talked over at once, in a chat."""

_unsolved: BindParameter[str] = bindparam("unsolved", UNSOLVED, expanding=True, literal_execute=True)
_chat: BindParameter[str] = bindparam("chat", CHAT, literal_execute=True)
_mail: BindParameter[str] = bindparam("mail", MAIL, literal_execute=True)
# Written out in the statement: a plan made for any value could not use the partial indexes.


class Ticket(Model):
    """One ticket; columns that repeat the event log are projections and say so."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority"),
        CheckConstraint("category IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="category"),
        # The priority comes last, so that views which ask for one read no other tickets.
        Index("ix_tickets_queue_due", "queue_id", "due_order", "id", "priority", postgresql_where=text(ACTIVE)),
        Index("ix_tickets_active_due", "due_order", "id", postgresql_where=text(ACTIVE)),
        Index("ix_tickets_updated_at", "updated_at", "id"),
        Index("ix_tickets_assignee_due", "assignee_id", "due_order", "id", postgresql_where=text(ACTIVE)),
        Index(
            "ix_tickets_unassigned_due",
            "queue_id",
            "due_order",
            "id",
            postgresql_where=text(f"{ACTIVE} AND assignee_id IS NULL"),
        ),
        Index(
            "ix_tickets_waiting",
            "queue_id",
            "last_channel",
            "customer_wrote_at",
            "next_due_state",
            "next_due_at",
            "id",
            postgresql_where=text(WAITING),
        ),
        Index("ix_tickets_to_hand_out", "queue_id", "needs", "due_order", "id", postgresql_where=text(TO_HAND_OUT)),
        Index("ix_tickets_talks", "id", postgresql_where=text(TALKS)),
        Index("ix_tickets_snoozed", "snoozed_until", "id", postgresql_where=text("snoozed_until IS NOT NULL")),
        Index("ix_tickets_rings_since", "rings_since", postgresql_where=text("rings_since IS NOT NULL")),
        Index("ix_tickets_queue_category_id", "queue_id", "category", "id"),
        Index("ix_tickets_requester", "requester_id", "id"),
        Index(
            "ix_tickets_to_close", "closes_at", postgresql_where=text("category = 'solved' AND merged_into_id IS NULL")
        ),
        Index("ix_tickets_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index("ix_tickets_tag_ids", "tag_ids", postgresql_using="gin"),
        # A search looks at many that it finds, and shows those that its reader sees.
        Index("ix_tickets_sight", "id", postgresql_include=["queue_id", "assignee_id"], postgresql_where=text(STANDS)),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(NUMBERS, server_default=NUMBERS.next_value(), unique=True)
    reference: Mapped[str] = mapped_column(unique=True)  # unguessable, for links and topics
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailboxes.id"))  # the address its mail leaves from
    requester_id: Mapped[int] = mapped_column(ForeignKey("identities.id"))
    subject: Mapped[str]
    channel: Mapped[str]  # of the opening message
    turned_to: Mapped[str | None]  # "mail" or "chat": what the talk last turned to; None while it is what it began as
    priority: Mapped[str] = mapped_column(default="normal")
    status_id: Mapped[int] = mapped_column(ForeignKey("statuses.id"))
    category: Mapped[str]  # projection: the status's category, for indexes
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # projection: the last event
    solved_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]  # when a solved ticket closes by itself
    closed_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]  # put away until then: it stands in no ordinary list, and its clocks run on
    woken_at: Mapped[datetime | None]  # back since then, until somebody of us does something with it
    spam_at: Mapped[datetime | None]
    trashed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))  # the closed ticket this one goes on from
    last_seq: Mapped[int] = mapped_column(default=0)  # the number of its newest event
    message_count: Mapped[int] = mapped_column(default=0)  # projection
    later_count: Mapped[int] = mapped_column(
        default=0, server_default=text("0")
    )  # projection: replies in it that have not been sent yet
    last_words: Mapped[str] = mapped_column(default="")  # projection: start of the newest public message
    last_author: Mapped[str] = mapped_column(default="")  # projection
    last_channel: Mapped[str] = mapped_column(default="email")  # projection
    customer_wrote_at: Mapped[datetime | None]  # projection: newest message of the customer
    answered_at: Mapped[datetime | None]  # projection: newest reply of an agent
    next_due_at: Mapped[datetime | None]  # projection of the SLA timers: the one with least time left
    next_due_metric: Mapped[str | None]
    next_due_state: Mapped[str | None]  # "running" or "paused"
    next_due_started_at: Mapped[datetime | None]  # with next_due_at: how much of the time is left
    due_order: Mapped[datetime] = mapped_column(
        Instant(), Computed("coalesce(next_due_at, TIMESTAMPTZ '9999-12-31 00:00:00+00')", persisted=True)
    )
    counted_in: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # counters it is in now
    tag_ids: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), default=list, server_default=text("'{}'")
    )  # projection: its tags, for lists that ask of each ticket whether it has one
    needs: Mapped[str] = mapped_column(default="email:")  # projection: channel and skills that it asks for itself
    unassigned_since: Mapped[datetime | None]  # projection: since when it waits in its queue for an agent
    rings_since: Mapped[datetime | None]  # projection: since when it waits, as a chat, for somebody to accept it
    load_key: Mapped[str | None]  # projection: whose load it adds to, on which channel
    load_points: Mapped[int] = mapped_column(default=0)  # projection: how much, in hundredths of a ticket

    brand: Mapped[Brand] = relationship(lazy="raise")
    queue: Mapped[Queue] = relationship(lazy="raise")
    status: Mapped[Status] = relationship(lazy="raise")

    @property
    def is_active(self) -> bool:
        """Whether the desk still works on it; the same rule as ACTIVE in SQL."""
        return (
            self.category in UNSOLVED
            and self.spam_at is None
            and self.trashed_at is None
            and self.merged_into_id is None
        )

    @classmethod
    def active(cls) -> ColumnElement[bool]:
        """The same as a condition, written so that the partial indexes fit."""
        return and_(
            cls.category.in_(_unsolved), cls.spam_at.is_(None), cls.trashed_at.is_(None), cls.merged_into_id.is_(None)
        )

    @classmethod
    def talks(cls) -> ColumnElement[bool]:
        """Those of TALKS."""
        return and_(cls.active(), cls.channel == _chat, cls.turned_to.is_distinct_from(_mail))

    @property
    def medium(self) -> str:
        """How the customer is talked with just now."""
        return self.turned_to or (CHAT if self.channel == CHAT else MAIL)

    @property
    def waits_for_us(self) -> bool:
        """Whether the customer wrote last."""
        if self.customer_wrote_at is None:
            return False
        return self.answered_at is None or self.customer_wrote_at > self.answered_at
