"""What a visitor has read: one cursor, which widget and mail move together, so that nothing comes twice."""

from datetime import datetime

from sqlalchemy import select, update

from ticketdesk.channels.chat import ringing, talk, visiting
from ticketdesk.channels.chat.reaching import UNDELIVERED
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.participant import Participant


def read(visitor: Visitor, seq: int, at: datetime) -> Visitor:
    """Everything up to a number of the talk was read; what waited to go by mail need not any more."""
    visitor = visiting.locked(visitor)
    message_id = talk.message_at(visitor, seq)
    if message_id is None or message_id <= visitor.read_id:
        return visitor
    visiting.has_read(visitor, message_id)
    ringing.read(talk.tickets(visitor))
    theirs = (
        select(Placement.message_id)
        .join(Participant, Participant.ticket_id == Placement.ticket_id)
        .where(
            Participant.identity_id == visitor.identity_id,
            Participant.state == "active",
            Placement.message_id <= message_id,
        )
    )
    db.session.execute(
        update(OutboxRow)
        .where(OutboxRow.message_id.in_(theirs), OutboxRow.task == UNDELIVERED, OutboxRow.state == "queued")
        .values(state="done", response="read", finished_at=at),
        execution_options={"synchronize_session": False},
    )
    return visitor
