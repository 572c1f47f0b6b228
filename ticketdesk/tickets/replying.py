"""Answering customers in public: what agents write, and what the product itself tells them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import assignment, drafts, progress, timeline, writing
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import NEWEST_FIRST, STANDING, NewFile, place, snippet
from ticketdesk.tickets.ticket import Ticket


def reply(
    ticket: Ticket,
    agent: Agent,
    text: str,
    *,
    to: Sequence[tuple[str, str]],
    at: datetime,
    cc: Sequence[tuple[str, str]] = (),
    files: Sequence[NewFile] = (),
    draft: Draft | None = None,
    draft_known: int | None = None,
    client_key: str | None = None,
    channel: str = "email",
    leaves_at: datetime | None = None,
    waited: LaterReply | None = None,
    is_signed: bool = False,
) -> Message:
    """An agent answers in public; the text is Markdown. Who answers an unassigned ticket takes it.

    In a chat it goes to whoever the talk is with, so nobody is named. The same `client_key` again gives the message
    that was made the first time. A mail that leaves later can be taken back until then (`tickets.withdrawing`).
    `draft_known` is the revision of the draft that was on the page; `waited` is the reply for later that is sent now.
    `is_signed` says that the words have a signature already; whoever sends them puts none below.
    Raises Invalid for an empty text or no recipient, Conflict for a closed ticket or what was taken back.
    """
    ticket = lock_one(ticket.id)
    made = writing.made_before(client_key)
    if made is not None:
        return made
    writing.check_whole(ticket)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed. Write a new message to start a linked ticket.")
    if waited is None and ticket.later_count and _is_for_later(client_key):
        raise Conflict("This reply is to be sent later. It stands below the conversation.")
    if not to and channel != "chat":
        raise Invalid("Add at least one recipient.", "to")
    at = writing.in_turn(ticket, channel, at)
    message = writing.keep(
        {
            "kind": "public",
            "direction": "out",
            "channel": channel,
            "agent_id": agent.id,
            "text": writing.words(text),
            "snippet": snippet(text),
            "client_key": client_key,
            "written_at": at,
            "answers_id": _newest_incoming(ticket),
            "facts": {"is_signed": True} if is_signed else {},
            "leaves_at": leaves_at if channel != "chat" else None,
        },
        to,
        cc,
        files,
        at,
    )
    if draft is not None:
        drafts.hand_over(draft, message, draft_known)
    if waited is not None:
        waited.hand_over(message.id)
    place(message, ticket, at, author=agent.name)
    ticket.answered_at = at
    timeline.record(
        ticket,
        "reply_sent",
        agent.actor,
        at,
        {"message_id": message.id, "automatic": False, "channel": channel},
    )
    if ticket.assignee_id is None:
        assignment.assign(ticket, agent, agent.actor, at, sent_with=message.id)
    if ticket.category == "new":
        progress.move_to(ticket, "open", agent.actor, at, sent_with=message.id)
    return message


def tell_automatically(
    ticket: Ticket,
    text: str,
    to: Sequence[tuple[str, str]],
    purpose: str,
    at: datetime,
    *,
    channel: str = "email",
) -> Message:
    """The product itself writes to the customer, for instance an acknowledgement; it stops no clock.

    In a chat nobody is named.
    """
    ticket = lock_one(ticket.id)
    at = writing.in_turn(ticket, channel, at)
    message = writing.keep(
        {
            "kind": "public",
            "direction": "out",
            "channel": channel,
            "automatic": True,
            "text": text,
            "snippet": snippet(text),
            "written_at": at,
            "answers_id": _newest_incoming(ticket),
            "facts": {"purpose": purpose},
        },
        to,
        (),
        (),
        at,
    )
    placement = Placement(
        message_id=message.id, ticket_id=ticket.id, seq=ticket.last_seq + 1, written_at=at, placed_at=at
    )
    db.session.add(placement)
    timeline.record(
        ticket,
        "reply_sent",
        SYSTEM,
        at,
        {"message_id": message.id, "automatic": True, "purpose": purpose, "channel": channel},
    )
    return message


def _is_for_later(client_key: str | None) -> bool:
    """Whether the same composer has been told to send later: a repeated request must not send it now as well."""
    return client_key is not None and db.session.scalar(_WAITS, {"client_key": client_key}) is not None


_WAITS = select(LaterReply.id).where(LaterReply.client_key == bindparam("client_key"), LaterReply.state == "waiting")


def _newest_incoming(ticket: Ticket) -> int | None:
    return db.session.scalar(NEWEST_INCOMING, {"ticket_id": ticket.id})


NEWEST_INCOMING = STANDING.where(Message.direction == "in", Message.inert.is_(None)).order_by(*NEWEST_FIRST).limit(1)
"""The id of what a customer wrote last in a ticket, held mail and machines left out."""
