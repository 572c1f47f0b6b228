"""Several changes of the same tickets, and replies with them, that are undone as one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import batch_undoing, locking, updating
from ticketdesk.tickets.batch import Batch, BatchTicket
from ticketdesk.tickets.batching import Done, Skipped
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket


def was_begun(agent: Agent, key: str) -> bool:
    """Whether the same page has asked for it before; its tickets must be locked."""
    return db.session.scalar(select(Batch.id).where(Batch.agent_id == agent.id, Batch.key == key)) is not None


def begin(agent: Agent, key: str, at: datetime) -> Batch:
    """A batch of which others are parts, for locked tickets."""
    batch = Batch(agent_id=agent.id, at=at, kind="macro", key=key)
    db.session.add(batch)
    db.session.flush()
    return batch


def add(batch: Batch, parts: Sequence[Done]) -> None:
    """What was carried out belongs to it from now on."""
    ids = [part.batch_id for part in parts if part.batch_id is not None]
    for part in db.session.scalars(select(Batch).where(Batch.id.in_(ids))):
        part.part_of_id = batch.id


def undo(batch_id: int, agent: Agent, at: datetime) -> Done:
    """Undo a batch with all its parts: replies that have not left are taken back, then each change, the last one first.

    Raises what `batch_undoing.undo` raises.
    """
    own = select(Batch).where(Batch.id == batch_id, Batch.agent_id == agent.id)
    batch = db.session.scalar(own)
    if batch is None or batch.kind != "macro":
        return batch_undoing.undo(batch_id, agent, at)
    locking.lock(_tickets(batch, agent))
    batch = db.session.scalars(own.with_for_update().execution_options(populate_existing=True)).one()
    batch_undoing.check(batch, at)
    batch.undone_at = at
    written = _places([one for one in updating.made_under(agent, batch.key or "") if one.withdrawn_at is None])
    taken = {one.id for one in updating.withdraw_all(agent, batch.key or "", at)}
    back = {number for message_id, number in written.items() if message_id in taken}
    parts = db.session.scalars(select(Batch.id).where(Batch.part_of_id == batch.id).order_by(Batch.id.desc())).all()
    done = [batch_undoing.undo(part, agent, at) for part in parts]
    changed = {number for one in done for number in one.changed} | back
    skipped: dict[int, Skipped] = {one.number: one for part in done for one in part.skipped}
    skipped |= {one: Skipped(one, "left") for message_id, one in written.items() if message_id not in taken}
    return Done(batch.id, sorted(changed), [], list(skipped.values()))


def _tickets(batch: Batch, agent: Agent) -> set[int]:
    """Everything that undoing it may change, to be locked at once."""
    parts = select(Batch.id).where(Batch.part_of_id == batch.id)
    changed = db.session.scalars(select(BatchTicket.ticket_id).where(BatchTicket.batch_id.in_(parts))).all()
    written = select(Placement.ticket_id).join(Message, Message.id == Placement.message_id)
    under = Message.client_key.startswith(f"{batch.key}:", autoescape=True)
    mine = written.where(Message.agent_id == agent.id, under, Placement.ended_at.is_(None))
    return {*changed, *db.session.scalars(mine)}


def _places(messages: Sequence[Message]) -> dict[int, int]:
    """The number of the ticket in which each message stands."""
    standing = (Placement.ticket_id == Ticket.id) & Placement.ended_at.is_(None)
    wanted = select(Placement.message_id, Ticket.number).join(Ticket, standing)
    rows = db.session.execute(wanted.where(Placement.message_id.in_([one.id for one in messages]))).all()
    return {row[0]: row[1] for row in rows}
