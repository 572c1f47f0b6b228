"""Who takes part when one ticket is merged into another, and who does when that is taken back.

A merge changes only the survivor's people; those of the merged ticket stay written where they were. Each merge notes
what the people of the merged ticket were in the survivor by themselves, so that merges can be undone in any order:
what somebody is in a survivor is what they were by themselves, and what the tickets that are merged into it make them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select

from ticketdesk.core.db import db
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

Noted = list[Any]
"""An identity, and its role, state and view by itself: [id, "cc", "active", None]; Nones for one who took no part."""

_RANK = {"removed": 0, "held": 1, "active": 2}


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is in a ticket."""

    role: str
    state: str
    sees_since: datetime | None

    def joined(self, other: "Part") -> "Part":
        """Both at once: the role they had here, whichever part may do more, and the longer view of two who see."""
        if other.state == self.state == "active":
            return Part(self.role, "active", earlier(self.sees_since, other.sees_since))
        more = other if _RANK[other.state] > _RANK[self.state] else self
        return Part(self.role, more.state, more.sees_since)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier beginning of two views; None is the very beginning."""
    return None if one is None or other is None else min(one, other)


def merges_standing(ticket: Ticket) -> list[Event]:
    """The merges into a ticket that hold at present, oldest first."""
    newest: dict[int, Event] = {}
    for event in db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "merged_from").order_by(Event.seq)
    ):
        newest[event.data["source_id"]] = event
    if not newest:
        return []
    merged = set(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(newest), Ticket.merged_into_id == ticket.id)))
    return [event for source_id, event in newest.items() if source_id in merged]


def people_of(ticket_id: int) -> dict[int, Participant]:
    """Everybody who was ever written into a ticket, by identity."""
    rows = db.session.scalars(select(Participant).where(Participant.ticket_id == ticket_id).order_by(Participant.id))
    return {row.identity_id: row for row in rows}


def part_of(row: Participant) -> Part:
    """What a row says; a ticket has one requester, who is copied in wherever that ticket is merged into."""
    return Part("cc" if row.role == "requester" else row.role, row.state, row.sees_since)


def unite_people(
    source: Ticket, survivor: Ticket, standing: Sequence[Event], at: datetime, *, besides: Collection[int] = ()
) -> list[Noted]:
    """Let the people of the source, `besides` some, take part in the survivor; returns what each was there before."""
    present = people_of(survivor.id)
    noted = _noted(standing)
    notes: list[Noted] = []
    for identity_id, row in people_of(source.id).items():
        if row.state == "removed" or identity_id in besides:
            continue
        have = present.get(identity_id)
        notes.append(noted.get(identity_id) or _note(identity_id, have))
        if have is None:
            _add(survivor, identity_id, part_of(row), at, row.added_by_message_id)
        else:
            _become(have, Part(have.role, have.state, have.sees_since).joined(part_of(row)))
    return notes


def separate_people(
    source: Ticket, survivor: Ticket, notes: Sequence[Noted], standing: Sequence[Event], moved: Sequence[int]
) -> None:
    """Take out of the survivor whoever was there only by the source, and give others their own part back.

    What agents did meanwhile holds: whom they took out stays out, whom they let in stays where their message is.
    """
    db.session.flush()
    present, theirs = people_of(survivor.id), people_of(source.id)
    others = [people_of(event.data["source_id"]) for event in standing]
    for note in notes:
        identity_id, own = note[0], _own(note)
        row, was = present.get(identity_id), theirs[identity_id]
        if row is None:
            continue
        rest = [people[identity_id] for people in others if identity_id in people]
        left = _together([*([own] if own else []), *map(part_of, rest)])
        with_source = _together([*([own] if own else []), *map(part_of, [*rest, was])])
        if row.state == "removed":
            was.state = "removed"
            left = None if left is None else Part(left.role, "removed", left.sees_since)
        elif row.state == "active" and with_source is not None and with_source.state == "held":
            if _speaks(source, identity_id):
                was.state, was.sees_since = "active", row.sees_since
            if left is not None and _speaks(survivor, identity_id):
                left = Part(left.role, "active", row.sees_since)
        if left is None:
            db.session.delete(row)
        else:
            _become(row, left)
    noted = {note[0] for note in notes}
    for identity_id, row in present.items():
        if identity_id not in noted and identity_id not in theirs and row.added_by_message_id in moved:
            _add(source, identity_id, part_of(row), row.added_at, row.added_by_message_id)
            if row.identity_id != survivor.requester_id and not _wrote(survivor, identity_id):
                db.session.delete(row)
    db.session.flush()


def unite_followers(source: Ticket, survivor: Ticket, standing: Sequence[Event], at: datetime) -> list[int]:
    """Let those who follow the source follow the survivor; returns who would not without it."""
    brought = {agent_id for event in standing for agent_id in event.data.get("followers", [])}
    present = set(followers_of(survivor.id))
    theirs = followers_of(source.id)
    db.session.add_all(
        Follower(ticket_id=survivor.id, agent_id=agent_id, since=at) for agent_id in theirs if agent_id not in present
    )
    return [agent_id for agent_id in theirs if agent_id not in present or agent_id in brought]


def separate_followers(survivor: Ticket, brought: Iterable[int], standing: Sequence[Event]) -> None:
    """Whoever followed the survivor only by way of the source does so no longer."""
    still = {agent_id for event in standing for agent_id in event.data.get("followers", [])}
    gone = sorted(set(brought) - still)
    db.session.execute(delete(Follower).where(Follower.ticket_id == survivor.id, Follower.agent_id.in_(gone)))


def _noted(standing: Sequence[Event]) -> Mapping[int, Noted]:
    """What earlier merges noted of people; the oldest knew what they were before any."""
    found: dict[int, Noted] = {}
    for event in standing:
        for note in event.data.get("people", []):
            found.setdefault(note[0], note)
    return found


def _note(identity_id: int, row: Participant | None) -> Noted:
    if row is None:
        return [identity_id, None, None, None]
    return [identity_id, row.role, row.state, None if row.sees_since is None else row.sees_since.isoformat()]


def _own(note: Noted) -> Part | None:
    _identity_id, role, state, since = note
    return None if role is None else Part(role, state, None if since is None else datetime.fromisoformat(since))


def _together(parts: Sequence[Part]) -> Part | None:
    found: Part | None = None
    for part in parts:
        found = part if found is None else found.joined(part)
    return found


def _add(ticket: Ticket, identity_id: int, part: Part, at: datetime, message_id: int | None) -> None:
    db.session.add(
        Participant(
            ticket_id=ticket.id,
            identity_id=identity_id,
            role=part.role,
            state=part.state,
            added_by_message_id=message_id,
            added_at=at,
            sees_since=part.sees_since,
        )
    )


def _become(row: Participant, part: Part) -> None:
    row.role, row.state, row.sees_since = part.role, part.state, part.sees_since


def _wrote(ticket: Ticket, identity_id: int) -> bool:
    """Whether something they wrote stands in the ticket."""
    return db.session.scalar(select(_letters(ticket, identity_id))) or False


def _speaks(ticket: Ticket, identity_id: int) -> bool:
    """The same, of what is not held."""
    return db.session.scalar(select(_letters(ticket, identity_id).where(Placement.held.is_(False)))) or False


def _letters(ticket: Ticket, identity_id: int) -> Any:
    return (
        exists()
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
        .where(Placement.message_id == Message.id, Message.identity_id == identity_id)
    )
