"""What happened to a ticket: the append-only log that everything else is told from."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

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


def record(ticket: Ticket, kind: str, by: Actor, at: datetime, data: Json | None = None) -> Event:
    """Append one event under the ticket's lock and tell everyone who listens."""
    db.session.flush()
    seq = db.session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id)
        .values(last_seq=Ticket.last_seq + 1, updated_at=func.greatest(Ticket.updated_at, at))
        .returning(Ticket.last_seq),
        execution_options={"synchronize_session": False},
    ).scalar_one()
    db.session.refresh(ticket, ["last_seq", "updated_at"])
    event = Event(ticket_id=ticket.id, seq=seq, at=at, kind=kind, actor_kind=by.kind, actor_id=by.id, data=data or {})
    db.session.add(event)
    db.session.flush()
    events.publish(event)
    bell.ring(f"ticket:{ticket.reference}", seq)
    bell.ring(f"queue:{ticket.queue_id}")
    return event


def of_ticket(ticket_id: int, after: int = 0) -> list[Event]:
    """The events of one ticket after a seq, in order."""
    return list(
        db.session.scalars(select(Event).where(Event.ticket_id == ticket_id, Event.seq > after).order_by(Event.seq))
    )


def tell(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task that tells the listeners of soon of one event."""
    event = db.session.get_one(Event, claim.payload["event_id"])
    events.tell_soon(event, claim.progress.get("told", []), now)
    return "done", None
