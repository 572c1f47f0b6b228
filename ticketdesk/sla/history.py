"""What answers took lately, by queue, channel and metric: reckoned now and then, read in one look."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model, db
from ticketdesk.sla.likely import Likely
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket

LOOKED_BACK = timedelta(days=28)
STALE = timedelta(days=2)
"""What was reckoned longer ago tells nothing any more."""
METRICS = ("first_response", "next_response")


class AnswerTime(Model):
    """A roll-up: how long the answers of four weeks took, late ones included."""

    __tablename__ = "sla_answer_times"
    __table_args__ = (CheckConstraint("metric IN ('first_response', 'next_response')", name="metric"),)

    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    answers: Mapped[int]
    p50_s: Mapped[int]  # business seconds
    p80_s: Mapped[int]
    reckoned_at: Mapped[datetime]


def of(queue_id: int, channel: str, metric: str, now: datetime) -> Likely | None:
    """What is known of answers there; None when nothing is."""
    found = db.session.get(AnswerTime, (queue_id, channel, metric))
    if found is None or found.reckoned_at < now - STALE:
        return None
    return Likely(found.answers, found.p50_s, found.p80_s)


def reckon(now: datetime) -> None:
    """Reckon all of it anew, from the clocks that began in these weeks and were stopped by a person's answer."""
    taken = func.percentile_disc
    measured = (
        select(
            Ticket.queue_id,
            Ticket.channel,
            SlaTimer.metric,
            func.count(),
            taken(0.5).within_group(SlaTimer.consumed_s),
            taken(0.8).within_group(SlaTimer.consumed_s),
            sa.literal(now, AnswerTime.reckoned_at.type),
        )
        .select_from(SlaTimer)
        .join(Ticket, Ticket.id == SlaTimer.ticket_id)
        .where(
            SlaTimer.metric.in_(METRICS),
            SlaTimer.started_at >= now - LOOKED_BACK,
            SlaTimer.state.in_(("met", "breached")),
            SlaTimer.stopped_at.is_not(None),
            SlaTimer.ended_reason.is_(None),
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
        )
        .group_by(Ticket.queue_id, Ticket.channel, SlaTimer.metric)
        .order_by(Ticket.queue_id, Ticket.channel, SlaTimer.metric)
    )
    columns = [column.name for column in AnswerTime.__table__.columns]
    adding = insert(AnswerTime).from_select(columns, measured)
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["queue_id", "channel", "metric"],
            set_={name: adding.excluded[name] for name in ("answers", "p50_s", "p80_s", "reckoned_at")},
        )
    )
    db.session.execute(delete(AnswerTime).where(AnswerTime.reckoned_at < now - STALE))
