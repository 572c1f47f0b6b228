"""What a ticket's row repeats of its messages, told anew when messages came or went by another way than writing."""

from sqlalchemy import Select, and_, func, not_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket

_BY_MACHINE = and_(Message.direction == "out", Message.automatic)
_MOVES = and_(Placement.held.is_(False), Message.inert.is_(None), Message.kind == "public")


def retell(ticket: Ticket) -> None:
    """Make the columns of a locked ticket repeat the messages that stand in it now."""
    db.session.flush()
    count, wrote, answered = db.session.execute(
        select(
            func.count().filter(not_(_BY_MACHINE)),
            func.max(Message.written_at).filter(_MOVES, Message.direction == "in"),
            func.max(Message.written_at).filter(_MOVES, Message.direction == "out", not_(Message.automatic)),
        )
        .select_from(Placement)
        .join(Message, Message.id == Placement.message_id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
    ).one()
    ticket.message_count, ticket.customer_wrote_at, ticket.answered_at = count, wrote, answered
    retell_last_words(ticket)


def retell_last_words(ticket: Ticket) -> None:
    """Let lists show the newest words that were said in public."""
    db.session.flush()
    newest = db.session.execute(_newest(ticket)).one_or_none()
    if newest is None:
        ticket.last_words, ticket.last_author, ticket.last_channel = "", "", ticket.channel
        return
    words, channel, agent, identity = newest
    ticket.last_words, ticket.last_channel = words, channel
    ticket.last_author = agent or (identity.called if identity is not None else "")


def _newest(ticket: Ticket) -> Select[str, str, str, Identity]:
    return (
        select(Message.snippet, Message.channel, Agent.name, Identity)
        .select_from(Placement)
        .join(Message, Message.id == Placement.message_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), _MOVES, not_(_BY_MACHINE))
        .order_by(Placement.written_at.desc(), Placement.message_id.desc())
        .limit(1)
    )
