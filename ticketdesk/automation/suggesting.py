"""Which macros fit a ticket: those that were used on tickets like it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.automation import likeness
from ticketdesk.automation.likeness import Matter
from ticketdesk.automation.macro_use import MacroUse
from ticketdesk.core.db import db
from ticketdesk.tickets import visibility
from ticketdesk.tickets.tag import TicketTag
from ticketdesk.tickets.ticket import Ticket

KEPT = timedelta(days=90)
LOOKED_AT = 300
"""The newest uses among which tickets like this one are looked for."""
MOST = 3


def remember(macro_id: int, ticket_id: int, at: datetime) -> None:
    """Keep that a macro was used on a ticket."""
    remember_all(macro_id, [ticket_id], at)


def remember_all(macro_id: int, ticket_ids: Collection[int], at: datetime) -> None:
    """The same for several."""
    row = insert(MacroUse).values([{"macro_id": macro_id, "ticket_id": one, "at": at} for one in sorted(ticket_ids)])
    key = [MacroUse.macro_id, MacroUse.ticket_id]
    db.session.execute(row.on_conflict_do_update(index_elements=key, set_={"at": at}))


def suggested(ticket: Ticket, agent: Agent) -> list[int]:
    """Macros that fit, the likeliest first; learned from tickets that the agent may see: they tell of no others."""
    tags = select(func.array_agg(TicketTag.tag_id)).where(TicketTag.ticket_id == Ticket.id).correlate(Ticket)
    wanted = (
        select(MacroUse.macro_id, Ticket.queue_id, Ticket.subject, tags.scalar_subquery())
        .join(Ticket, Ticket.id == MacroUse.ticket_id)
        .where(visibility.sees(agent), Ticket.id != ticket.id)
        .order_by(MacroUse.at.desc())
        .limit(LOOKED_AT)
    )
    used = [(row[0], _matter(row[1], row[2], row[3])) for row in db.session.execute(wanted)]
    if not used:
        return []
    own = db.session.scalars(select(TicketTag.tag_id).where(TicketTag.ticket_id == ticket.id))
    return likeness.likely(_matter(ticket.queue_id, ticket.subject, own.all()), used, MOST)


def forget_old(now: datetime) -> int:
    """Forget uses that are too long ago to learn from; returns how many."""
    return len(db.session.execute(delete(MacroUse).where(MacroUse.at < now - KEPT).returning(MacroUse.ticket_id)).all())


def _matter(queue_id: int, subject: str, tags: Sequence[int] | None) -> Matter:
    return Matter(queue_id, frozenset(tags or ()), likeness.words_of(subject))
