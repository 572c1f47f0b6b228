"""Offering: a chat rings for agents, and belongs to whoever accepts it first.

Locks are taken as in dispatch: the turn of an agent, then the ticket, then its offers. What rings for an agent counts
towards how many chats they take, and becomes a ticket of theirs in the same transaction, so that it is never counted
twice or not at all.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core import bell, turns
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.core.turns import Turn
from ticketdesk.routing import deciding
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.offer import Purpose, RoutingOffer, counts
from ticketdesk.tickets import assignment, timeline, visibility
from ticketdesk.tickets.locking import lock_one, lock_standing
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

RING = "offer"
"""The kind of ring by which an agent's browser hears that something rings, or no longer does."""
LONGEST_NOTE = 200
WHY = ("passed_on", "did_not_answer", "handed_over")
"""Codes of why a chat went past somebody."""
INVITED_FOR = timedelta(minutes=3)
"""So long an invitation rings."""


def offer(ticket: Ticket, agent_ids: Sequence[int], decision: RoutingDecision, now: datetime) -> list[RoutingOffer]:
    """Let a locked ticket that nobody has ring for these agents; that they have room is for the caller to know."""
    until = now + timedelta(seconds=_rings_for(ticket.queue_id))
    made = [
        RoutingOffer(
            ticket_id=ticket.id,
            agent_id=agent_id,
            purpose="chat",
            decision_id=decision.id,
            offered_at=now,
            until=until,
            state="ringing",
        )
        for agent_id in agent_ids
    ]
    db.session.add_all(made)
    timeline.record(ticket, "chat_offered", SYSTEM, now, {"agents": list(agent_ids)})
    ring(agent_ids)
    return made


def ask(
    ticket: Ticket, agent: Agent, purpose: Purpose, by: Agent, now: datetime, note_id: int | None = None
) -> RoutingOffer:
    """Let a colleague's locked ticket ring for an agent, to take it over or to join; what rings already goes on.

    Who is being asked to join, and shall take it over now, hears that instead.
    """
    known = ringing(ticket, agent)
    if known is not None:
        if known.purpose != "invitation" or purpose != "transfer":
            return known
        end([_locked(known.id)], "withdrawn", now, "handed_over")
    lasts = INVITED_FOR if purpose == "invitation" else timedelta(seconds=_rings_for(ticket.queue_id))
    made = RoutingOffer(
        ticket_id=ticket.id,
        agent_id=agent.id,
        purpose=purpose,
        from_id=ticket.assignee_id if purpose == "transfer" else by.id,
        note_id=note_id,
        offered_at=now,
        until=now + lasts,
        state="ringing",
    )
    db.session.add(made)
    db.session.flush()
    ring([agent.id])
    return made


def ringing(ticket: Ticket, agent: Agent) -> RoutingOffer | None:
    """What of a ticket rings for an agent just now."""
    return db.session.scalar(
        select(RoutingOffer).where(
            RoutingOffer.ticket_id == ticket.id, RoutingOffer.agent_id == agent.id, RoutingOffer.state == "ringing"
        )
    )


def accept(offer_id: int, agent: Agent, now: datetime) -> Ticket:
    """Take a chat that rings: from now on it is the agent's; to be asked twice changes nothing.

    Raises NotFound for what never rang for them, and Conflict, which says who was quicker or why it is over.
    """
    found = mine(offer_id, agent)
    # Nobody reads how much the agent has between the offer's end and the ticket's beginning to weigh on them.
    turns.take(Turn.AGENT_WORK, agent.id)
    ticket = lock_standing(found.ticket_id)
    found = _locked(offer_id)
    if found.state != "ringing":
        if ticket.assignee_id == agent.id or found.state == "accepted":
            return ticket
        raise Conflict(_why_over(ticket, found))
    # To accept grants sight, so whoever was taken off the queue while it rang gets nothing (SECURITY R14).
    if not allowed(agent, "ticket.reply", visibility.level(agent, ticket)):
        raise NotFound("This does not ring for you.")
    end([found], "accepted", now)
    if found.purpose == "invitation":
        return ticket
    waited = now - (ticket.rings_since or found.offered_at)
    _keep_accepted(ticket, found, agent, now)
    data = {"agent_id": agent.id, "from": found.from_id, "waited_s": max(0, round(waited.total_seconds()))}
    timeline.record(ticket, "chat_accepted", agent.actor, now, data)
    if found.from_id is not None:
        ring([found.from_id])
    return assignment.assign(ticket, agent, agent.actor, now)


def pass_on(offer_id: int, agent: Agent, now: datetime, note: str = "") -> Ticket:
    """Let a chat that rings go on to somebody else; what rings no more is left as it is. Raises NotFound."""
    found = mine(offer_id, agent)
    ticket = lock_one(found.ticket_id)
    found = _locked(offer_id)
    if found.state == "ringing":
        words = " ".join(note.split())[:LONGEST_NOTE]
        end([found], "passed", now, words or None)
        went_past(ticket, [found], "passed_on", now, words)
    return ticket


def seen(offer_id: int, agent: Agent, now: datetime) -> None:
    """Whoever wanted to hand a chat over knows that it came back to them. Raises NotFound."""
    found = db.session.get(RoutingOffer, offer_id)
    if found is None or found.from_id != agent.id:
        raise NotFound("You handed nothing over here.")
    found.told_at = found.told_at or now
    ring([agent.id])


def went_past(ticket: Ticket, offers: Sequence[RoutingOffer], why: str, now: datetime, note: str = "") -> None:
    """Keep that a locked ticket rang for these agents in vain, and tell whoever wanted to hand it over."""
    asked = [one for one in offers if one.purpose != "invitation"]
    if not asked:
        return
    strategy = db.session.scalars(select(Queue.strategy).where(Queue.id == ticket.queue_id)).one()
    deciding.keep(
        [
            deciding.decision(
                ticket, "skipped", now, reason=why, strategy=strategy, from_id=one.agent_id, note=note or None
            )
            for one in asked
            if one.purpose == "chat"
        ]
    )
    by = SYSTEM
    if why == "passed_on":
        by = db.session.get_one(Agent, asked[0].agent_id).actor
    data = {"agents": [one.agent_id for one in asked], "why": why, "from": asked[0].from_id}
    timeline.record(ticket, "chat_passed_on", by, now, data)
    ring(one.from_id for one in asked if one.from_id is not None)


def withdraw(ticket: Ticket, which: ColumnElement[bool], why: str, now: datetime) -> None:
    """End what rings of a locked ticket and fits; each agent has room for something else again."""
    ended = db.session.execute(
        update(RoutingOffer)
        .where(RoutingOffer.ticket_id == ticket.id, RoutingOffer.state == "ringing", which)
        .values(state="withdrawn", decided_at=now, reason=why)
        .returning(RoutingOffer.agent_id, RoutingOffer.from_id),
        execution_options={"synchronize_session": "fetch"},
    ).all()
    _over(ended, now)


def end(offers: Sequence[RoutingOffer], state: str, now: datetime, reason: str | None = None) -> None:
    """These locked offers ring no more."""
    for one in offers:
        one.state, one.decided_at, one.reason = state, now, reason
    db.session.flush()
    ring([one.agent_id for one in offers])
    if state != "accepted":
        for one in offers:
            if one.purpose != "invitation":
                availability.seek_work(one.agent_id, now)


def loads(agent_ids: Collection[int]) -> dict[int, int]:
    """How many chats ring for each of these agents; those for whom none does are left out.

    To be read before their tickets are counted: what is accepted in between is then counted twice, never not at all.
    """
    rows = db.session.execute(
        select(RoutingOffer.agent_id, func.count())
        .where(RoutingOffer.agent_id.in_(agent_ids), counts())
        .group_by(RoutingOffer.agent_id)
    )
    return {row[0]: row[1] for row in rows}


def rings(ticket_ids: Collection[int]) -> frozenset[int]:
    """Those of the tickets that nobody has and that ring just now."""
    if not ticket_ids:
        return frozenset()
    return frozenset(
        db.session.scalars(
            select(RoutingOffer.ticket_id).where(
                RoutingOffer.ticket_id.in_(ticket_ids), RoutingOffer.state == "ringing", RoutingOffer.purpose == "chat"
            )
        )
    )


def is_ringing() -> ColumnElement[bool]:
    """The same as a condition on Ticket."""
    return (
        select(RoutingOffer.id)
        .where(RoutingOffer.ticket_id == Ticket.id, RoutingOffer.state == "ringing", RoutingOffer.purpose == "chat")
        .exists()
    )


def mine(offer_id: int, agent: Agent) -> RoutingOffer:
    """What rings or rang for an agent; raises NotFound."""
    found = db.session.get(RoutingOffer, offer_id)
    if found is None or found.agent_id != agent.id:
        raise NotFound("This does not ring for you.")
    return found


def ring(agent_ids: Iterable[int | None]) -> None:
    """After the commit, let the browsers of these agents look what rings."""
    for agent_id in agent_ids:
        if agent_id is not None:
            bell.ring(f"agent:{agent_id}", kind=RING)


def _over(ended: Iterable[tuple[int, int | None]], now: datetime) -> None:
    for agent_id, from_id in ended:
        ring([agent_id, from_id])
        availability.seek_work(agent_id, now)


def _rings_for(queue_id: int) -> int:
    return db.session.scalars(select(Queue.rings_for_s).where(Queue.id == queue_id)).one()


def _locked(offer_id: int) -> RoutingOffer:
    return db.session.scalars(
        select(RoutingOffer)
        .where(RoutingOffer.id == offer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _keep_accepted(ticket: Ticket, found: RoutingOffer, agent: Agent, now: datetime) -> None:
    """Why it is theirs: the decision by which it rang, or that a colleague asked them."""
    offered = db.session.get(RoutingDecision, found.decision_id) if found.decision_id is not None else None
    strategy = db.session.scalars(select(Queue.strategy).where(Queue.id == ticket.queue_id)).one()
    made = deciding.decision(
        ticket,
        "accepted",
        now,
        reason=offered.reason if offered is not None else "handed_over",
        strategy=offered.strategy if offered is not None else strategy,
        agent_id=agent.id,
        from_id=found.from_id,
        relaxed=offered.relaxed if offered is not None else (),
        teams=offered.teams if offered is not None else (),
    )
    if offered is not None:
        made.candidates = offered.candidates
    deciding.keep([made])


def _why_over(ticket: Ticket, found: RoutingOffer) -> str:
    """Why there is nothing to accept any more."""
    if ticket.assignee_id is not None and found.purpose == "chat":
        who = db.session.get_one(Agent, ticket.assignee_id).name
        return f"{who} was quicker: the chat is theirs."
    if found.state == "expired":
        return "It rang for too long and went on to somebody else."
    return "There is nothing to accept any more: the visitor has left, or it is settled."
