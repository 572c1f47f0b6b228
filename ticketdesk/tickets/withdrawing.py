"""Taking a reply back before it leaves: as if it had not been sent, and with nothing lost."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import cancelling
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, NotAllowed, NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import assignment, drafts, progress, retelling, timeline, waiting
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.status import UNSOLVED, Status, default_status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

LEFT = "It has left already."


def leaving(message_id: int) -> str:
    """The name of the outbox row that lets customers see a message once it cannot be taken back any more."""
    return f"leave:{message_id}"


def withdraw(message_id: int, by: Agent, at: datetime, *, as_draft: bool = True) -> Message:
    """Take back a reply that has not left: its rows are cancelled, its words are its author's draft again.

    `as_draft` is False where the words are kept elsewhere: then only the message goes.
    What the sending did by the way, the status and the owner, is undone where nobody has changed it since. Raises
    NotFound, NotAllowed for somebody else's reply, and Conflict when any of it has begun to leave. Locks the ticket,
    then the rows of the outbox: a worker that claims one comes either before or finds it cancelled.
    """
    placement = _placement(message_id)
    ticket = lock_one(placement.ticket_id)
    placement = _placement(message_id)
    message = db.session.get_one(Message, message_id, populate_existing=True)
    if placement.ticket_id != ticket.id:
        raise Conflict("The ticket was merged or separated just now. Try again.")
    if message.agent_id != by.id or message.kind != "public":
        raise NotAllowed("Only its author can take a reply back.")
    if message.leaves_at is None:
        raise Conflict(LEFT)
    _cancel(message, at)
    sent = _sent(message)
    if as_draft:
        _keep_as_draft(ticket, message, placement, by, at)
    _empty(message)
    placement.ended_at = at
    message.withdrawn_at = at
    db.session.execute(delete(SearchRow).where(SearchRow.message_id == message.id))
    retelling.retell(ticket)
    if sent is not None and sent.ticket_id == ticket.id:
        _undo_status(ticket, sent, by, at)
        _undo_owner(ticket, sent, by, at)
    data: Json = {"message_id": message.id}
    if sent is None or sent.ticket_id != ticket.id:  # it came here by a merge: its clock runs by what stands here
        waits = waiting.since(ticket) if ticket.category in UNSOLVED else None
        data["unanswered_since"] = None if waits is None else waits.isoformat()
    timeline.record(ticket, "reply_withdrawn", by.actor, at, data)
    return message


def leave(message_id: int, at: datetime) -> Message | None:
    """The time to take a reply back is over: from here on customers see it. None when it was taken back."""
    placement = db.session.scalar(_standing(message_id))
    if placement is None:
        return None
    lock_one(placement.ticket_id)
    message = db.session.get_one(Message, message_id, populate_existing=True)
    if message.withdrawn_at is not None:
        return None
    message.leaves_at = None
    return message


def _placement(message_id: int) -> Placement:
    found = db.session.scalar(_standing(message_id).execution_options(populate_existing=True))
    if found is not None:
        return found
    if db.session.scalar(select(Message.withdrawn_at).where(Message.id == message_id)) is not None:
        raise Conflict("You took this reply back already.")
    raise NotFound("There is no such message.")


def _standing(message_id: int) -> Select[Placement]:
    return select(Placement).where(Placement.message_id == message_id, Placement.ended_at.is_(None))


def _cancel(message: Message, at: datetime) -> None:
    """Cancel every row by which the message would leave, or raise Conflict."""
    if not cancelling.together(or_(OutboxRow.message_id == message.id, OutboxRow.once == leaving(message.id)), at):
        raise Conflict(LEFT)


def _sent(message: Message) -> Event | None:
    """The event of its sending, in whatever ticket it was written."""
    places = select(Placement.ticket_id).where(Placement.message_id == message.id)
    about = Event.data["message_id"].as_integer() == message.id
    return db.session.scalar(select(Event).where(Event.ticket_id.in_(places), Event.kind == "reply_sent", about))


def _keep_as_draft(ticket: Ticket, message: Message, placement: Placement, by: Agent, at: datetime) -> None:
    """Everything that was sent is a draft again."""
    people: dict[str, list[str]] = {"to": [], "cc": []}
    for recipient in message.recipients:
        people[recipient.role].append(recipient.address)
    drafts.restore(ticket, by, message, {**people, "channel": message.channel}, placement.seq - 1, at)


def _empty(message: Message) -> None:
    """The message keeps neither words nor people."""
    message.text = message.signature = message.snippet = ""
    db.session.execute(delete(Recipient).where(Recipient.message_id == message.id))
    db.session.expire(message, ["recipients"])


def _undo_status(ticket: Ticket, sent: Event, by: Agent, at: datetime) -> None:
    """The status is what others left, as if no reply that was taken back had ever changed it."""
    changes = _changes(ticket, "status_changed")
    gone = _withdrawn({event.data["with"] for event in changes if "with" in event.data})
    standing = [event for event in changes if event.data.get("with") not in gone]
    if not changes or (standing and standing[-1].data["to"] == ticket.status_id):
        return
    before = db.session.get_one(Status, standing[-1].data["to"] if standing else changes[0].data["from"])
    if before.category == "new" and ticket.answered_at is not None:  # another answer stands, and would have opened it
        before = default_status("open")
    # Going back to a solved ticket is a solution of its own: its clocks have begun anew in between.
    last_seq = standing[-1].seq if standing else 0
    takes_back = [event.seq for event in changes if event.seq > last_seq] if before.category in UNSOLVED else []
    progress.change_status(ticket, before, by.actor, at, sent_with=sent.data["message_id"], takes_back=takes_back)


def _undo_owner(ticket: Ticket, sent: Event, by: Agent, at: datetime) -> None:
    """Nobody's again, unless others have changed it since."""
    changes = [event for event in _changes(ticket, "assigned", "released") if event.seq > sent.seq]
    came_along = all(event.data.get("with") == sent.data["message_id"] for event in changes)
    if changes and came_along and ticket.assignee_id == by.id:
        assignment.assign(ticket, None, by.actor, at, sent_with=sent.data["message_id"])


def _changes(ticket: Ticket, *kinds: str) -> Sequence[Event]:
    return db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(kinds)).order_by(Event.seq)
    ).all()


def _withdrawn(message_ids: Collection[int]) -> set[int]:
    """Those of some replies that were taken back."""
    wanted = select(Message.id).where(Message.id.in_(message_ids), Message.withdrawn_at.is_not(None))
    return set(db.session.scalars(wanted))
