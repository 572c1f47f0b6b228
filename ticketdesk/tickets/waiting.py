"""Since when a customer waits for an answer, as the messages that stand in a ticket tell it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from ticketdesk.core.db import db
from ticketdesk.tickets import uniting
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

LOST = ("reply_failed", "reply_withdrawn")
DONE = ("solved", "closed")
Moment = tuple[datetime, int]
"""A time, and a message's id for what happened at the same time."""


def since(ticket: Ticket) -> datetime | None:
    """When the oldest unanswered message came; None when nobody waits.

    An answer is what an agent wrote and what reached somebody, or solving (SEMANTICS 4). A ticket that a customer
    opened waits from its first moment until then. An answer given before tickets were merged answers only what stood
    beside it then.
    """
    came_with = _came_with(ticket)
    answers = [(moment, came_with.get(moment[1])) for moment in _answers(ticket)]
    answers += [(moment, None) for moment in _endings(ticket)]

    def is_open(asked: Moment, merge: _Merge | None) -> bool:
        return not any(
            answer > asked and (other == merge or all(answer[0] > one.at for one in (merge, other) if one is not None))
            for answer, other in answers
        )

    waits = [asked[0] for asked in _questions(ticket) if is_open(asked, came_with.get(asked[1]))]
    if not _is_ours(ticket) and is_open((ticket.opened_at, 0), None):
        waits.append(ticket.opened_at)
    return min(waits, default=None)


@dataclass(frozen=True, slots=True)
class _Merge:
    """One that stands, by its event and its moment."""

    event_id: int
    at: datetime


def _came_with(ticket: Ticket) -> dict[int, _Merge]:
    """The messages that a standing merge brought, by their id."""
    return {
        message_id: _Merge(event.id, event.at)
        for event in uniting.merges_standing(ticket)
        for message_id in event.data["message_ids"]
    }


def _answers(ticket: Ticket) -> list[Moment]:
    """The replies that stand in the ticket, those that never arrived left out; one sent again counts from then."""
    replies = db.session.execute(
        select(Message.written_at, Message.id).where(
            _stands_in(ticket), Message.kind == "public", Message.direction == "out", Message.automatic.is_(False)
        )
    ).all()
    found = {message_id: (at, message_id) for at, message_id in replies}
    lost = _told((*LOST, "reply_repeated"), [message_id for _at, message_id in replies])
    for event in lost:
        message_id = event.data["message_id"]
        if event.kind == "reply_repeated":
            found[message_id] = (event.at, message_id)
        elif event.kind == "reply_withdrawn" or event.data.get("permanent"):
            found.pop(message_id, None)
    return list(found.values())


def _questions(ticket: Ticket) -> list[Moment]:
    """What customers wrote and machines did not; a message that was held counts from when it was accepted."""
    rows = db.session.execute(
        select(Message.written_at, Message.id).where(
            _stands_in(ticket), Placement.held.is_(False), Message.direction == "in", Message.inert.is_(None)
        )
    ).all()
    accepted = {
        event.data["message_id"]: event.at
        for event in _told(("message_accepted",), [message_id for _at, message_id in rows])
    }
    return [(accepted.get(message_id, at), message_id) for at, message_id in rows]


def _endings(ticket: Ticket) -> list[Moment]:
    """When the ticket was solved, or said to need no answer."""
    events = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(("status_changed", "no_reply_needed")))
    )
    return [
        (event.at, 2**62)
        for event in events
        if event.kind == "no_reply_needed"
        or (event.data["to_category"] in DONE and event.data["from_category"] not in DONE)
    ]


def _told(kinds: tuple[str, ...], message_ids: list[int]) -> list[Event]:
    """What was told of these messages in whatever tickets they ever stood, in its order."""
    if not message_ids:
        return []
    places = select(Placement.ticket_id).where(Placement.message_id.in_(message_ids))
    about = Event.data["message_id"].as_integer().in_(message_ids)
    return list(
        db.session.scalars(
            select(Event).where(Event.ticket_id.in_(places), Event.kind.in_(kinds), about).order_by(Event.id)
        )
    )


def _stands_in(ticket: Ticket) -> ColumnElement[bool]:
    here = Placement.ticket_id == ticket.id
    return here & Placement.ended_at.is_(None) & (Placement.message_id == Message.id)


def _is_ours(ticket: Ticket) -> bool:
    """Whether an agent opened it."""
    opened = select(Event.data["by_agent"].as_boolean()).where(Event.ticket_id == ticket.id, Event.seq == 1)
    return bool(db.session.scalar(opened))
