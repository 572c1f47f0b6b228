"""What routing keeps on each ticket, so that handing out need not count or look: its needs, its waiting, its weight.

A listener of now. The load of an agent is the sum of what their tickets weigh, kept as a counter for each channel:
changes append deltas, so that no change of a ticket waits for another agent's row, nor the other way round.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from ticketdesk.accounts import availability
from ticketdesk.accounts.availability import CHANNELS
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.routing import needs, room
from ticketdesk.routing.strategies import WHOLE
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.needed_skill import TagSkill, TicketSkill
from ticketdesk.tickets.tag import TicketTag
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

ASIDE = 20
"""A ticket that waits for the customer, for somebody else or for its time weighs a fifth (SEMANTICS 5)."""
BATCH = 1000
"""Tickets that are written anew at once."""
OURS = ("new", "open")
NEEDING = frozenset({"tagged", "skills_required"})
"""The events that may change which skills a ticket asks for."""


def follow(event: Event) -> None:
    """Listener of now: bring needs, waiting and weight up to date, and seek work for whoever has room for it now."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    skills = _skills([ticket.id])[ticket.id] if event.kind in NEEDING else needs.skills_of(ticket.needs)
    _set(ticket, "needs", needs.word(_channel(ticket), skills))
    _wait(ticket, event)
    freed = _weigh(ticket)
    if freed is not None:
        availability.seek_work(freed, event.at)


def is_waiting(ticket: Ticket) -> bool:
    """Whether it is with us, nobody's and not put away; the same rule as TO_HAND_OUT in SQL."""
    if ticket.snoozed_until is not None:
        return False
    return ticket.assignee_id is None and ticket.category in OURS and ticket.is_active


def waits_as_chat(ticket: Ticket) -> bool:
    """Whether a visitor waits, in a chat, for somebody to accept it."""
    return ticket.medium == CHAT and is_waiting(ticket)


def waits_for_us(ticket: Ticket) -> bool:
    """Whether the next step is ours, and now: it is open, not put away, and nobody answered what was written last."""
    if ticket.category not in OURS or ticket.snoozed_until is not None:
        return False
    return ticket.answered_at is None or ticket.waits_for_us


def weight(ticket: Ticket) -> int:
    """What it adds to its agent's load, in hundredths of a ticket."""
    if ticket.assignee_id is None or not ticket.is_active:
        return 0
    return WHOLE if waits_for_us(ticket) else ASIDE


def loads(agent_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """What each of these agents has to do on each channel, in hundredths of a ticket, by (agent id, channel)."""
    keys: dict[str, tuple[int, str]] = {
        _key(agent_id, channel): (agent_id, channel) for agent_id in agent_ids for channel in CHANNELS
    }
    kept = counters.read(keys)
    return {of: kept[key] for key, of in keys.items()}


def load_keys(agent_id: int) -> dict[str, str]:
    """The counters of one agent's load by channel, for whoever reads other counters as well."""
    return {channel: _key(agent_id, channel) for channel in CHANNELS}


def recount(agent_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """The same, counted from the tickets instead of kept."""
    found: dict[tuple[int, str], int] = {(agent_id, channel): 0 for agent_id in agent_ids for channel in CHANNELS}
    for ticket in db.session.scalars(select(Ticket).where(Ticket.assignee_id.in_(agent_ids), Ticket.active())):
        assert ticket.assignee_id is not None  # noqa: S101  # the query asked for it
        found[ticket.assignee_id, _channel(ticket)] += weight(ticket)
    return found


def rebuild(ticket_ids: Collection[int]) -> None:
    """Write the needs and weights of these tickets anew, and with them the loads; locks the tickets."""
    ordered = sorted(ticket_ids)
    for first in range(0, len(ordered), BATCH):
        tickets = lock(ordered[first : first + BATCH])
        skills = _skills([ticket.id for ticket in tickets])
        for ticket in tickets:
            _set(ticket, "needs", needs.word(_channel(ticket), skills[ticket.id]))
            _weigh(ticket)
        db.session.flush()


def rebuild_loads() -> None:
    """Set every kept load to the sum of what tickets say that they add; nobody may work meanwhile."""
    sums = select(Ticket.load_key, func.sum(Ticket.load_points)).where(Ticket.load_key.is_not(None))
    rows = db.session.execute(sums.group_by(Ticket.load_key)).all()
    counters.replace("load:", {key: int(points) for key, points in rows if key is not None})


def _wait(ticket: Ticket, event: Event) -> None:
    if not is_waiting(ticket):
        _set(ticket, "unassigned_since", None)
    elif ticket.unassigned_since is None or event.kind == "queue_changed":
        _set(ticket, "unassigned_since", event.at)
    if not waits_as_chat(ticket):
        _set(ticket, "rings_since", None)
    elif ticket.rings_since is None or event.kind == "queue_changed":
        _set(ticket, "rings_since", event.at)


def _weigh(ticket: Ticket) -> int | None:
    """Move the ticket's weight to where it belongs; returns the agent who has less to do now, and was full before."""
    points = weight(ticket)
    key = _key(ticket.assignee_id, _channel(ticket)) if ticket.assignee_id is not None and points else None
    was_key, was = ticket.load_key, ticket.load_points
    if (was_key, was) == (key, points):
        return None
    deltas: dict[str, int] = {}
    for name, change in ((was_key, -was), (key, points)):
        if name is not None:
            deltas[name] = deltas.get(name, 0) + change
    counters.shift(deltas)
    ticket.load_key, ticket.load_points = key, points
    if was_key is None or deltas[was_key] >= 0:
        return None
    _, agent_id, channel = was_key.split(":")
    return int(agent_id) if room.was_full(int(agent_id), channel, was_key, -deltas[was_key]) else None


def _set(ticket: Ticket, name: str, value: str | datetime | None) -> None:
    if getattr(ticket, name) != value:
        setattr(ticket, name, value)


def _skills(ticket_ids: Collection[int]) -> dict[int, set[int]]:
    """What tickets ask for by their tags and by what was said."""
    by_tag = (
        select(TicketTag.ticket_id, TagSkill.skill_id)
        .join(TagSkill, TagSkill.tag_id == TicketTag.tag_id)
        .where(TicketTag.ticket_id.in_(ticket_ids))
    )
    said = select(TicketSkill.ticket_id, TicketSkill.skill_id).where(TicketSkill.ticket_id.in_(ticket_ids))
    found: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    for ticket_id, skill_id in db.session.execute(by_tag.union(said)):
        found[ticket_id].add(skill_id)
    return found


def _channel(ticket: Ticket) -> str:
    """The channel whose capacity it takes up."""
    return "chat" if ticket.medium == CHAT else "email"


def _key(agent_id: int, channel: str) -> str:
    return f"load:{agent_id}:{channel}"
