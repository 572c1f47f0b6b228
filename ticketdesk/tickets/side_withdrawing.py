"""Taking back what was written beside a ticket before it leaves."""

from datetime import datetime

from sqlalchemy import delete, select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import cancelling
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotAllowed
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import side_talking, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.side_conversation import SideMessage, SidePerson
from ticketdesk.tickets.withdrawing import LEFT


def names(message: SideMessage) -> list[str]:
    """The names of the outbox rows by which a message leaves, one for each recipient."""
    return [name_of(message.id, address) for address, _name in message.recipients]


def name_of(message_id: int, address: str) -> str:
    """That of the row for one recipient."""
    return f"side:{message_id}:{address}"


def withdraw(side_id: int, message_id: int, by: Agent, at: datetime) -> str:
    """Take one's own message back; returns its words, which nobody outside has seen.

    Its files go with it, and whoever was asked in it alone is asked no more. Raises NotFound, NotAllowed for somebody
    else's, and Conflict when any of it has begun to leave. Locks the ticket, then the rows of the outbox.
    """
    ticket, side = side_talking.locked(side_id)
    message = side_talking.message_of(side, message_id)
    if message.agent_id != by.id:
        raise NotAllowed("Only its author can take a message back.")
    if message.withdrawn_at is not None:
        raise Conflict("You took this message back already.")
    if message.leaves_at is None:
        raise Conflict(LEFT)
    if not cancelling.together(OutboxRow.once.in_(names(message)), at):
        raise Conflict(LEFT)
    words, message.text, message.withdrawn_at = message.text, "", at
    db.session.execute(delete(Attachment).where(Attachment.side_message_id == message.id))
    _forget_people(message)
    timeline.record(ticket, "side_withdrawn", by.actor, at, {"side_id": side.id, "message_id": message.id})
    return words


def _forget_people(message: SideMessage) -> None:
    """Whoever was named for the first time in it has not been asked: what they write is held like anybody's."""
    db.session.flush()
    columns = select(SideMessage.recipients, SideMessage.address, SideMessage.direction, SideMessage.held)
    others = db.session.execute(
        columns.where(SideMessage.side_id == message.side_id, SideMessage.withdrawn_at.is_(None))
    ).all()
    kept = {address for other in others for address, _name in other.recipients}
    kept |= {other.address for other in others if other.direction == "in" and not other.held}
    db.session.execute(
        update(SidePerson)
        .where(SidePerson.side_id == message.side_id, SidePerson.address.not_in(kept))
        .values(state="held")
    )
