"""What happened to a ticket: the append-only log that everything else is told from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import bell, events
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Id, Json, Model, db
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.ticket import Ticket


class Event(Model):
    """One thing that happened; `data` holds ids and codes, never people's words."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"), Index("ix_events_kind_at", "kind", "at"))

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    seq: Mapped[int]  # 1, 2, 3 … without a gap in each ticket
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    data: Mapped[Json]

    @property
    def actor(self) -> Actor:
        """Who did it."""
        return Actor(self.actor_kind, self.actor_id)  # type: ignore[arg-type]  # the database holds only our kinds


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a locked ticket and is to be recorded."""

    ticket: Ticket
    kind: str
    by: Actor
    at: datetime
    data: Json


def record(ticket: Ticket, kind: str, by: Actor, at: datetime, data: Json | None = None) -> Event:
    """Append one event under the ticket's lock and tell everyone who listens."""
    return record_all([News(ticket, kind, by, at, data or {})])[0]


def record_all(news: Sequence[News]) -> list[Event]:
    """Append events of locked tickets in one go, each ticket's in their order; cheaper than one by one.

    The numbers follow from the rows as they were locked: two writers without the lock would meet the unique index.
    What else has changed, as the ticket's own row, is left for later, so that it is written once with what follows.
    """
    rows: list[Json] = []
    for new in news:
        ticket = new.ticket
        ticket.last_seq += 1
        ticket.updated_at = max(ticket.updated_at, new.at)
        rows.append(
            {
                "ticket_id": ticket.id,
                "seq": ticket.last_seq,
                "at": new.at,
                "kind": new.kind,
                "actor_kind": new.by.kind,
                "actor_id": new.by.id,
                "data": new.data,
            }
        )
    with db.session.no_autoflush:
        made = list(db.session.scalars(_APPEND, rows))
    for event, new in zip(made, news, strict=True):
        events.publish(event, new.ticket.id)
        bell.ring(f"ticket:{new.ticket.reference}", event.seq)
        bell.ring(f"queue:{new.ticket.queue_id}")
    return made


_APPEND = insert(Event).returning(Event, sort_by_parameter_order=True)


def along(message_id: int | None) -> Json:
    """What the event of a change says that came with the sending of a reply: taking that back takes it back too."""
    return {} if message_id is None else {"with": message_id}


def of_ticket(ticket_id: int, after: int = 0) -> list[Event]:
    """The events of one ticket after a seq, in order."""
    return list(
        db.session.scalars(select(Event).where(Event.ticket_id == ticket_id, Event.seq > after).order_by(Event.seq))
    )


def tell(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task that tells the listeners of soon of events of one ticket."""
    wanted = claim.payload.get("event_ids") or [claim.payload["event_id"]]
    rows = db.session.execute(_HEARD, {"ids": wanted}).all()  # with what all listeners look at
    events.tell_soon([row.Event for row in rows], claim.progress.get("told", []), now)
    return "done", None


_HEARD = (
    select(Event, Ticket, Agent)
    .join(Ticket, Ticket.id == Event.ticket_id)
    .outerjoin(Agent, Agent.id == Ticket.assignee_id)
    .where(Event.id.in_(bindparam("ids", expanding=True)))
    .order_by(Event.ticket_id, Event.seq)
)
