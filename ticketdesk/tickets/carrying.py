"""Carrying messages from one ticket to another: placements end here and begin there, and no message is rewritten."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from ticketdesk.core.db import db
from ticketdesk.tickets.indexing import index_moved
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket


def standing_in(ticket: Ticket) -> list[int]:
    """The ids of the messages that stand in a ticket now, held ones too."""
    return list(
        db.session.scalars(
            select(Placement.message_id)
            .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
            .order_by(Placement.message_id)
        )
    )


def carry(
    message_ids: Sequence[int],
    here: Ticket,
    there: Ticket,
    at: datetime,
    *,
    hold: Collection[int] = (),
    let_in: Collection[int] = (),
) -> None:
    """End the messages' placements here and append others there, as what the next event there will tell.

    Those to `hold` are held from now on, those to `let_in` no longer.
    """
    if not message_ids:
        return
    ended = db.session.execute(
        update(Placement)
        .where(Placement.ticket_id == here.id, Placement.ended_at.is_(None), Placement.message_id.in_(message_ids))
        .values(ended_at=at)
        .returning(Placement.message_id, Placement.written_at, Placement.held),
        execution_options={"synchronize_session": "fetch"},
    ).all()
    db.session.execute(
        insert(Placement),
        [
            {
                "message_id": message_id,
                "ticket_id": there.id,
                "seq": there.last_seq + 1,
                "written_at": written_at,
                "held": (held or message_id in hold) and message_id not in let_in,
                "placed_at": at,
            }
            for message_id, written_at, held in sorted(ended)
        ],
    )
    if hold:
        db.session.execute(delete(SearchRow).where(SearchRow.message_id.in_(hold)))
    index_moved(message_ids)
