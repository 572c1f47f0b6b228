"""Replies for later: kept until their time, and handed back to their author when the customer writes first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core import outbox
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from ticketdesk.tickets import drafts, later, replying, timeline, visibility, writing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

TASK = "reply.later"
MOST = 20
"""Replies that wait in one ticket at the same time."""
WHY = ("customer_wrote", "merged", "split", "closed", "put_away", "stopped", "failed", "author_gone", "no_right")
"""Codes of why one was not sent."""
STRANDED = ("author_gone", "no_right")
"""Those where its author cannot take it back, so that it waits for a colleague to take it over."""
KINDS = frozenset(["message_received", "message_accepted", "status_changed", "marked_spam", "trashed"])
"""The events that `follow` must be told of; merging asks by itself, before drafts move."""

Pairs = Sequence[tuple[str, str]]


def keep(
    ticket: Ticket,
    draft: Draft,
    due_at: datetime,
    *,
    to: Pairs,
    at: datetime,
    client_key: str,
    based_on_seq: int,
    cc: Pairs = (),
) -> LaterReply:
    """What somebody has written goes to the customer at its time, as a reply of theirs that is written then.

    The same `client_key` again gives what was kept the first time. Raises Invalid for an empty text, no recipient or
    a moment that is over; Conflict for a closed or merged ticket, and for what was sent or taken back since.
    """
    ticket = lock_one(ticket.id)
    made = db.session.scalar(select(LaterReply).where(LaterReply.client_key == client_key))
    if made is not None and made.is_open and (made.ticket_id, made.agent_id) == (ticket.id, draft.agent_id):
        return made
    if made is not None or writing.made_before(client_key) is not None:
        raise Conflict("This was sent already, or taken back.")
    due_at = later.chosen(due_at, at)
    writing.check_whole(ticket)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed. Write a new message to start a linked ticket.")
    if ticket.later_count >= MOST:
        raise Conflict(f"At most {MOST} replies wait in one ticket.")
    if not to:
        raise Invalid("Add at least one recipient.", "to")
    row = LaterReply(
        ticket_id=ticket.id,
        agent_id=draft.agent_id,
        text=writing.words(draft.text),
        recipients={"to": [list(one) for one in to], "cc": [list(one) for one in cc]},
        client_key=client_key,
        based_on_seq=based_on_seq,
        written_at=at,
        due_at=due_at,
    )
    db.session.add(row)
    db.session.flush()
    own = update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=None, later_reply_id=row.id)
    sizes = db.session.scalars(own.returning(Attachment.size), execution_options={"synchronize_session": False})
    drafts.check_fits(sizes.all())
    drafts.discard(draft)
    ticket.later_count += 1
    outbox.add(TASK, {"later_reply_id": row.id}, due_at=due_at, once=f"{TASK}:{row.id}")
    data = {"later_reply_id": row.id, "due_at": due_at.isoformat()}
    timeline.record(ticket, "reply_kept_for_later", Actor("agent", draft.agent_id), at, data)
    return row


def send(row_id: int, at: datetime, *, leaves_at: datetime | None = None) -> Message | None:
    """Its time has come: it goes out as its author's reply, or is handed back where it cannot; None then.

    Whoever comes second, another worker or the customer, waits for the ticket and finds that it is over.
    """
    ticket, row = _held(row_id)
    if row.state != "waiting":
        return None
    why = _bar(ticket, row)
    if why is not None:
        _hand_back(ticket, row, why, SYSTEM, at)
        return None
    return _send(ticket, row, at, leaves_at)


def send_now(row_id: int, by: Agent, at: datetime, *, leaves_at: datetime | None = None) -> Message:
    """Its author does not wait any longer; raises NotAllowed for others, Conflict when it is over."""
    ticket, row = _own(row_id, by)
    if row.state != "waiting":
        raise Conflict("It waits for somebody to take it over.")
    return _send(ticket, row, at, leaves_at)


def take_back(row_id: int, by: Agent, at: datetime) -> Draft:
    """Make it a draft again, of its author; or of whoever takes over what cannot go out. Raises as `send_now` does."""
    ticket, row = _held(row_id)
    _check_open(row)
    if row.state == "waiting" and row.agent_id != by.id:
        raise NotAllowed("Only its author can edit it.")
    draft = _into_draft(ticket, row, by, at)
    _end(ticket, row, "cancelled", at)
    data = {"later_reply_id": row.id, "why": "edited" if row.agent_id == by.id else "taken_over"}
    timeline.record(ticket, "later_reply_cancelled", by.actor, at, data)
    return draft


def cancel(row_id: int, by: Agent, at: datetime) -> LaterReply:
    """Its author throws it away, and its files; a colleague stops it: then it is its author's draft again."""
    ticket, row = _held(row_id)
    _check_open(row)
    if row.state == "waiting" and row.agent_id != by.id:
        _hand_back(ticket, row, "stopped", by.actor, at)
        return row
    for file in db.session.scalars(select(Attachment).where(Attachment.later_reply_id == row.id)):
        db.session.delete(file)
    _end(ticket, row, "cancelled", at)
    data = {"later_reply_id": row.id, "why": "thrown_away"}
    timeline.record(ticket, "later_reply_cancelled", by.actor, at, data)
    return row


def hand_back_all(ticket: Ticket, why: str, by: Actor, at: datetime) -> None:
    """Nothing of what waits in a locked ticket goes out: each is its author's draft again."""
    if not ticket.later_count:
        return
    waiting = select(LaterReply).where(LaterReply.ticket_id == ticket.id, LaterReply.state == "waiting")
    rows = db.session.scalars(
        waiting.order_by(LaterReply.due_at, LaterReply.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    for row in reversed(rows):  # each is put above what stands there, so that the first to go is read first
        _hand_back(ticket, row, why, by, at)


def give_up(row_id: int, at: datetime) -> None:
    """It could not be sent, for a fault of ours: it is handed back."""
    ticket, row = _held(row_id)
    if row.state == "waiting":
        _hand_back(ticket, row, "failed", SYSTEM, at)


def follow(event: Event) -> None:
    """Listener of now: what happens to the ticket may come before the replies that wait in it (SEMANTICS 6)."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if not ticket.later_count:
        return
    data = event.data
    if event.kind in ("message_received", "message_accepted"):
        if not data.get("held") and not data["inert"]:
            hand_back_all(ticket, "customer_wrote", event.actor, event.at)
    elif event.kind == "status_changed":
        if data["to_category"] == "closed":
            hand_back_all(ticket, "closed", event.actor, event.at)
    else:
        hand_back_all(ticket, "put_away", event.actor, event.at)


def _held(row_id: int) -> tuple[Ticket, LaterReply]:
    """A reply and its ticket, the ticket locked first as always; raises NotFound."""
    ticket_id = db.session.scalar(select(LaterReply.ticket_id).where(LaterReply.id == row_id))
    if ticket_id is None:
        raise NotFound("There is no such reply.")
    ticket = lock_one(ticket_id)
    row = db.session.scalars(
        select(LaterReply).where(LaterReply.id == row_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return ticket, row


def _own(row_id: int, by: Agent) -> tuple[Ticket, LaterReply]:
    ticket, row = _held(row_id)
    _check_open(row)
    if row.agent_id != by.id:
        raise NotAllowed("Only its author can send it.")
    return ticket, row


def _check_open(row: LaterReply) -> None:
    if not row.is_open:
        raise Conflict("It was sent or taken back just now.")


def _bar(ticket: Ticket, row: LaterReply) -> str | None:
    """Why it cannot go out now; None when it can."""
    if ticket.merged_into_id is not None:
        return "merged"
    if ticket.category == "closed":
        return "closed"
    if ticket.spam_at is not None or ticket.trashed_at is not None:
        return "put_away"
    return None if (author := _author(row)).is_active and _may(author, ticket) else _lack(author)


def _send(ticket: Ticket, row: LaterReply, at: datetime, leaves_at: datetime | None) -> Message:
    words, people = row.text, row.recipients
    _end(ticket, row, "sent", at)
    return replying.reply(
        ticket,
        _author(row),
        words,
        to=[(address, name) for address, name in people["to"]],
        cc=[(address, name) for address, name in people["cc"]],
        at=at,
        client_key=row.client_key,
        leaves_at=leaves_at,
        waited=row,
    )


def _hand_back(ticket: Ticket, row: LaterReply, why: str, by: Actor, at: datetime) -> None:
    """Its words are its author's draft again, or stay where they are for a colleague when its author cannot read."""
    author = _author(row)
    if not author.is_active or not _may(author, ticket):
        row.state, row.why = "stranded", _lack(author)
    else:
        _into_draft(ticket, row, author, at)
        _end(ticket, row, "handed_back", at)
        row.why = why
    data = {"later_reply_id": row.id, "agent_id": row.agent_id, "why": row.why, "stranded": row.is_open}
    timeline.record(ticket, "reply_handed_back", by, at, data)


def _into_draft(ticket: Ticket, row: LaterReply, agent: Agent, at: datetime) -> Draft:
    people = {role: [address for address, _name in pairs] for role, pairs in row.recipients.items()}
    draft = drafts.put_above(ticket, agent, row.text, {**people, "channel": "email"}, row.based_on_seq, at)
    own = update(Attachment).where(Attachment.later_reply_id == row.id)
    db.session.execute(own.values(draft_id=draft.id, later_reply_id=None))
    return draft


def _end(ticket: Ticket, row: LaterReply, state: str, at: datetime) -> None:
    """It is over; whatever became of its words, they stand here no more."""
    row.state, row.ended_at = state, at
    row.text, row.recipients = "", {}
    ticket.later_count -= 1


def _author(row: LaterReply) -> Agent:
    return db.session.get_one(Agent, row.agent_id)


def _may(agent: Agent, ticket: Ticket) -> bool:
    return allowed(agent, "ticket.reply", visibility.level(agent, ticket))


def _lack(author: Agent) -> str:
    return "no_right" if author.is_active else "author_gone"
