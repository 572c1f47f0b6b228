"""Several tickets that are one matter become one, which is undone as one."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import audience, locking, merging, visibility
from ticketdesk.tickets.audience import Gain
from ticketdesk.tickets.batch import Batch, BatchTicket
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

PERMISSION = "ticket.merge"
MOST = 20
"""Tickets that become one at once: what each of them would open to whom is looked at one by one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of the tickets that an agent has chosen."""

    survivor: Ticket
    sources: Sequence[Ticket]
    left_out: Sequence[tuple[Ticket, str]]  # with the reason
    gains: Sequence[Gain]

    @property
    def choices(self) -> list[Ticket]:
        """Those that could stay instead, the oldest first."""
        return sorted([self.survivor, *self.sources], key=lambda ticket: ticket.id)

    @property
    def confirmation(self) -> str:
        """What an agent says who means just this: who would see which messages in which ticket."""
        return _confirmation(self.survivor, self.gains)


def plan(agent: Agent, numbers: Collection[int], keep: int | None) -> Plan:
    """Which tickets would become which one, and who would thereby newly see what; nothing is locked or written.

    `keep` is the number of the ticket that stays, by default the oldest that takes messages. Raises Invalid where there
    are not two.
    """
    found, refused = _chosen(agent, numbers)
    survivor = _survivor(found, keep)
    sources, left_out = _mergeable([ticket for ticket in found if ticket is not survivor], survivor)
    return Plan(survivor, sources, [*left_out, *refused], audience.gains_of_many(sources, survivor))


def merge(agent: Agent, numbers: Collection[int], keep: int, at: datetime, *, confirmed: str | None = None) -> Batch:
    """Put all of these into the one that stays, in order of their age; returns by what it can be undone.

    Those that cannot be merged are left out, as the plan said. Where somebody newly sees something, `confirmed` is the
    confirmation of the plan that was shown, and holds for nothing else. Raises Widens, Invalid where there are not two,
    and Conflict where nothing can be merged.
    """
    held = locking.lock([ticket.id for ticket in _chosen(agent, numbers)[0]])
    # What was true before they were locked may be true no longer; what came within reach meanwhile is held by nobody.
    found, _refused = _chosen(agent, [ticket.number for ticket in held])
    survivor = _survivor(found, keep)
    sources, left_out = _mergeable([ticket for ticket in found if ticket is not survivor], survivor)
    if not sources:
        raise Conflict(left_out[0][1])
    gains = audience.gains_of_many(sources, survivor)
    if gains and confirmed != _confirmation(survivor, gains):
        raise merging.Widens(gains)
    batch = Batch(agent_id=agent.id, at=at, kind="merge")
    db.session.add(batch)
    db.session.flush()
    for source in sources:
        merging.merge(source, survivor, agent.actor, at, widen=True)
    told = select(Event).where(Event.ticket_id.in_([source.id for source in sources]), Event.kind == "merged_into")
    newest = {event.ticket_id: event for event in db.session.scalars(told.order_by(Event.seq))}
    db.session.add_all(
        BatchTicket(batch_id=batch.id, ticket_id=ticket_id, seq=event.seq, data=event.data)
        for ticket_id, event in newest.items()
    )
    return batch


def separate(source: Ticket, survivor_id: int, by: Actor, at: datetime) -> bool:
    """Take one of them out again; False where it is merged there no more. Raises what the verb raises."""
    if source.merged_into_id != survivor_id:
        return False
    merging.undo(source, by, at)
    return True


def _chosen(agent: Agent, numbers: Collection[int]) -> tuple[list[Ticket], list[tuple[Ticket, str]]]:
    """Those that the agent may merge, the oldest first, and those that they may only look at, with the reason.

    Raises Invalid where there are not two.
    """
    if len(set(numbers)) > MOST:
        raise Invalid(f"At most {MOST} tickets can be merged at once.")
    seen = visibility.visible_tickets(agent).add_columns(visibility.rank(agent)).where(Ticket.number.in_(set(numbers)))
    found, refused = [], []
    for ticket, rank in db.session.execute(seen.order_by(Ticket.id)):
        if allowed(agent, PERMISSION, visibility.level_at(agent, ticket, rank)):
            found.append(ticket)
        else:
            refused.append((ticket, f"You may not merge #{ticket.number}."))
    if len(found) < 2:  # what "merge" means
        raise Invalid("Choose at least two tickets that you may merge.")
    return found, refused


def _survivor(found: Sequence[Ticket], keep: int | None) -> Ticket:
    if keep is not None:
        kept = next((ticket for ticket in found if ticket.number == keep), None)
        if kept is None:
            raise Invalid("Choose one of the selected tickets to stay.", "keep")
        return kept
    takes = [ticket for ticket in found if ticket.category != "closed" and ticket.merged_into_id is None]
    return (takes or found)[0]


def _mergeable(found: Sequence[Ticket], survivor: Ticket) -> tuple[list[Ticket], list[tuple[Ticket, str]]]:
    sources, left_out = [], []
    for ticket in found:
        try:
            merging.check(ticket, survivor)
        except Conflict as refusal:
            left_out.append((ticket, str(refusal)))
        else:
            sources.append(ticket)
    return sources, left_out


def _confirmation(survivor: Ticket, gains: Sequence[Gain]) -> str:
    """The same for the same people and messages, whichever ticket these stand in meanwhile."""
    seen: dict[tuple[bool, int], set[tuple[bool, int]]] = {}
    for gain in gains:
        told = seen.setdefault((gain.is_agent, gain.who_id), set())
        told.update((False, one) for one in gain.message_ids)
        told.update((True, one) for one in gain.side_ids)
    said = [survivor.id, sorted((who, sorted(ids)) for who, ids in seen.items())]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]
