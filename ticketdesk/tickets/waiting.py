"""Since when a customer waits for an answer, as the messages that stand in a ticket tell it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from ticketdesk.core.db import db
from ticketdesk.tickets import uniting
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

LOST = ("reply_failed", "reply_withdrawn")
Moment = tuple[datetime, int]
"""A time, and a message's id for what happened at the same time."""


def since(
    ticket: Ticket, returned: Collection[int] = (), *, was_split: bool = False, without: Collection[int] = ()
) -> datetime | None:
    """When the oldest unanswered message came; None when nobody waits.

    An answer is what an agent wrote and what reached somebody, or solving (SEMANTICS 4). A ticket that a customer
    opened waits from its first moment until then. An answer given before tickets were merged answers only what stood
    beside it then; messages that `returned` from a ticket that was split off stand as if they had never left.
    `was_split` says that messages were taken out of it just now, `without` that some would be.
    """
    came_with = _came_with(ticket, returned)
    answers = [(moment, came_with.get(moment[1])) for moment in _answers(ticket) if moment[1] not in without]
    answers += [(moment, None) for moment in _endings(ticket)]

    def is_open(asked: Moment, merge: _Merge | None) -> bool:
        return not any(
            answer > asked and (other == merge or all(answer[0] > one.at for one in (merge, other) if one is not None))
            for answer, other in answers
        )

    asked = [one for one in _questions(ticket) if one[1] not in without]
    waits = [one[0] for one in asked if is_open(one, came_with.get(one[1]))]
    if not (was_split or without or _is_ours(ticket) or _was_split(ticket)) and is_open((ticket.opened_at, 0), None):
        waits.append(ticket.opened_at)
    return min(waits, default=None)


@dataclass(frozen=True, slots=True)
class _Merge:
    """One that stands, by its event and its moment."""

    event_id: int
    at: datetime


def turns(
    ticket: Ticket, among: Collection[int] | None = None, let_in: Collection[int] = ()
) -> list[tuple[datetime, int | None]]:
    """Who spoke, in turn, in all letters of a ticket or some: when a customer began to wait, and what answered them.

    Each with None for a customer's first message, or the message's id for an agent's first after it; those held to
    `let_in` are read as well.
    """
    spoken: list[tuple[Moment, int | None]] = [(moment, None) for moment in _questions(ticket, let_in)]
    spoken += [(moment, moment[1]) for moment in _answers(ticket)]
    found: list[tuple[datetime, int | None]] = []
    for (at, message_id), answer in sorted(spoken, key=lambda one: one[0]):
        if among is not None and message_id not in among:
            continue
        if (answer is None) if not found else (answer is None) != (found[-1][1] is None):
            found.append((at, answer))
    return found


def newest_answer(ticket: Ticket) -> Moment | None:
    """The last reply of an agent that stands in a ticket and reached somebody, or was sent again: when, and its id."""
    return max(_answers(ticket), default=None)


def _came_with(ticket: Ticket, returned: Collection[int]) -> dict[int, _Merge]:
    """The messages that a standing merge brought, by their id; not those that only came back by it."""
    return {
        message_id: _Merge(event.id, event.at)
        for event in uniting.merges_standing(ticket)
        for message_id in set(event.data["message_ids"]).difference(event.data.get("returned", ()), returned)
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


def _questions(ticket: Ticket, let_in: Collection[int] = ()) -> list[Moment]:
    """What customers wrote and machines did not; a message that was held counts from when it was accepted."""
    rows = db.session.execute(
        select(Message.written_at, Message.id).where(
            _stands_in(ticket),
            Placement.held.is_(False) | Message.id.in_(let_in),
            Message.direction == "in",
            Message.inert.is_(None),
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
    ).all()
    never_were = {seq for event in events for seq in event.data.get("takes_back", ())}
    return [
        (event.at, 2**62)
        for event in events
        if event.kind == "no_reply_needed"
        or (
            event.data["to_category"] in DONE
            and event.data["from_category"] not in DONE
            and event.seq not in never_were
        )
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


def _was_split(ticket: Ticket) -> bool:
    """Whether messages were taken out of it, so that it may not be its first words that wait."""
    split = select(Event.id).where(Event.ticket_id == ticket.id, Event.kind == "split_off")
    return db.session.scalar(split.limit(1)) is not None


def _is_ours(ticket: Ticket) -> bool:
    """Whether an agent opened it."""
    opened = select(Event.data["by_agent"].as_boolean()).where(Event.ticket_id == ticket.id, Event.seq == 1)
    return bool(db.session.scalar(opened))
