"""Dispatch: giving waiting tickets to agents and letting chats ring, each decision kept with its reasons.

Order of locks: first the turns of all agents who might get something, in ascending order and once in a transaction;
then the tickets, passing over those that somebody holds. Nobody who holds a ticket ever waits for an agent's turn, so
dispatchers wait for nothing but each other's turns, and never in a circle. Loads are read while the turns are held:
no other dispatcher can give an agent anything between the look at their capacity and the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, func, lateral, literal, select

from ticketdesk.accounts import capacities
from ticketdesk.accounts.availability import FRESH
from ticketdesk.core import turns
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim
from ticketdesk.core.turns import Turn
from ticketdesk.routing import (
    deciding,
    eligibility,
    facts,
    needs,
    offering,
    returning,
    strategies,
    unaccepted,
    waiting,
)
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.eligibility import Rules, Wish, Worker
from ticketdesk.routing.projection import is_waiting
from ticketdesk.routing.strategies import Candidate
from ticketdesk.routing.waiting import Group, Wanted
from ticketdesk.tickets import assignment, medium
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import CHAT, Ticket
from ticketdesk.tickets.timeline import Event

KINDS = (
    "queue_changed",
    "assigned",
    "released",
    "status_changed",
    "tagged",
    "skills_required",
    "unmarked_spam",
    "restored",
    "merge_undone",
    "medium_changed",
    "chat_passed_on",
    "woken",
)
"""The events after which a ticket may wait for an agent, beside its opening."""

BATCH = 50
"""Tickets that are decided on in one transaction."""
MOST_BATCHES = 200
ALL_ASKED = "all_asked"
"""The code of why a chat rings for everybody who can take it: in that queue agents choose themselves."""
ABSENT = frozenset(("left", "not_in_team", "team_closed", "offline", "away", "not_heard", "skipped"))
"""Bars that no waiting of two minutes lifts: where all have one of these, nobody is there for a visitor."""
SKIPPED_FOR = timedelta(minutes=30)
"""For so long a ticket does not come back to whoever passed it on."""


def on_event(event: Event, now: datetime) -> None:
    """Listener of soon: a ticket may wait for an agent now, or one that was opened again goes back to its own."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if returning.is_return(event):
        returning.give_back(ticket.id, now)
    elif is_waiting(ticket):
        dispatch(ticket.id, now)


def revive(event: Event, now: datetime) -> None:
    """Listener of soon: a visitor wrote again into a chat that nobody accepted; it rings if somebody is there now."""
    if event.data.get("channel") != CHAT or event.data.get("held") or event.data.get("inert"):
        return
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if ticket.channel != CHAT or ticket.medium == CHAT or not is_waiting(ticket):
        return
    rules = facts.rules_of([ticket.queue_id], now)[ticket.queue_id]
    wish = replace(wish_of(ticket, now), channel=CHAT)
    there = facts.workers_of({one.team_id for one in rules.teams}).values()
    if any(eligibility.barred(worker, rules, wish, now - FRESH) is None for worker in there):
        medium.turn_to_chat(ticket, SYSTEM, now)


def seek(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task that looks for work for one agent: they came, or have less to do, or can do more."""
    return "done", f"{_round(facts.served_by(claim.payload['agent_id']), now).given} given"


def dispatch_waiting(now: datetime, limit: int | None = None) -> int:
    """Give what waits in all queues to agents, least time left first; returns how many were given.

    Every minute, for whatever no event told of. Commits after each batch; goes on until nobody can take anything more.
    """
    given, passed = 0, set[int]()
    for _ in range(MOST_BATCHES):
        done = _round(facts.all_queues(), now, passed=passed, most=min(BATCH, limit - given if limit else BATCH))
        db.session.commit()
        given += done.given
        passed |= done.passed
        if not done.looked or (limit is not None and given >= limit):
            break
    return given


def dispatch(ticket_id: int, now: datetime) -> bool:
    """Look who should take one ticket, and what else its queue can give away; whether this ticket was given.

    The decision about it is kept, also when nobody can take it. False as well for a ticket that needs nobody, that lies
    in a queue where agents choose themselves and is no chat, or that somebody else holds: the next look will find it.
    A chat counts as given when it rings.
    """
    ticket = db.session.get_one(Ticket, ticket_id)
    queue = db.session.get_one(Queue, ticket.queue_id)
    if queue.strategy == "manual" and ticket.medium != CHAT:
        return False
    return ticket_id in _round([queue.id], now, also=ticket_id).given_ids


@dataclass(slots=True)
class Done:
    """What one batch did."""

    given_ids: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)  # looked at, and nobody could take them after all

    @property
    def given(self) -> int:
        """How many tickets were given."""
        return len(self.given_ids)

    @property
    def looked(self) -> int:
        """How many tickets were looked at."""
        return len(self.given_ids) + len(self.passed)


def _round(
    queue_ids: Collection[int] | Select[int],
    now: datetime,
    *,
    also: int | None = None,
    passed: Collection[int] = (),
    most: int = BATCH,
) -> Done:
    """Decide on one batch of these queues' tickets, and on the ticket `also` whether or not anybody can take it."""
    groups = waiting.groups(queue_ids, chosen=False)
    if not groups:
        return Done()
    rules = facts.rules_of({group.queue_id for group in groups}, now)
    team_ids = {serving.team_id for one in rules.values() for serving in one.teams}
    there = facts.there(team_ids, now)
    turns.take_all(Turn.AGENT_WORK, there)
    workers = facts.workers_of(team_ids)
    _leave_out_late(workers, there, now)
    wanted = _wanted(groups, rules, workers, now, most)
    ids = waiting.first(wanted, passed, most)
    tickets = waiting.lock_waiting([*ids, *([also] if also is not None else [])])
    return _give(tickets, rules, workers, now)


def _leave_out_late(workers: Mapping[int, Worker], there: Collection[int], now: datetime) -> None:
    """Pass over whoever came after the turns were taken: somebody else may give them something at this moment.

    That they came has them looked for work on their own.
    """
    for worker in workers.values():
        if worker.agent_id not in there and any(worker.is_there(channel, now - FRESH) for channel in worker.states):
            worker.states = {}


def _wanted(
    groups: Sequence[Group], rules: Mapping[int, Rules], workers: Mapping[int, Worker], now: datetime, most: int
) -> list[Wanted]:
    """Of which groups somebody can take tickets now, after how much waiting, and how many at most."""
    found = []
    for group in groups:
        channel, skills = needs.channel_of(group.needs), needs.skills_of(group.needs)
        room: dict[int, int] = {}
        for worker in workers.values():
            patience = eligibility.least_patience(worker, rules[group.queue_id], channel, skills, now - FRESH)
            if patience is not None:
                room[patience] = room.get(patience, 0) + worker.room(channel)
        # Whoever is asked at once takes from all; those asked later only from what has waited for so long.
        for patience, free in sorted(room.items()):
            since = now - timedelta(minutes=patience) if patience else None
            found.append(Wanted(group, since, min(most, free)))
    return found


def _give(tickets: Sequence[Ticket], rules: Mapping[int, Rules], workers: Mapping[int, Worker], now: datetime) -> Done:
    """Decide on locked tickets in their order, each with what the ones before it left."""
    done, made, pairs = Done(), list[RoutingDecision](), list[tuple[Ticket, int]]()
    offers, unanswered = list[tuple[Ticket, list[int], RoutingDecision]](), list[Ticket]()
    weights = capacities.weights()
    ids = [ticket.id for ticket in tickets]
    skipped = deciding.skipped_since(ids, now - SKIPPED_FOR)
    chats = [ticket.id for ticket in tickets if needs.channel_of(ticket.needs) == CHAT]
    ringing = offering.rings(chats)
    missed = deciding.missed_since(chats, now - SKIPPED_FOR) if chats else {}
    known = knowing([ticket for ticket in tickets if ticket.queue_id in rules and rules[ticket.queue_id].sticky])
    for order, ticket in enumerate(tickets):
        queue = rules.get(ticket.queue_id)
        if queue is None:  # moved since it was found: its new queue has its own turn
            continue
        wish = wish_of(ticket, now, skipped.get(ticket.id, frozenset()))
        is_chat = wish.channel == CHAT
        if ticket.id in ringing or (queue.strategy == "manual" and not is_chat):
            continue
        ranked = _ranked(queue, wish, workers, now, weights)
        if ticket.id in missed and all(one.barred for one in ranked):
            # Nobody is left who was not asked: whoever only did not answer hears it once more.
            wish = replace(wish, skipped_by=wish.skipped_by - missed[ticket.id])
            ranked = _ranked(queue, wish, workers, now, weights)
        chosen, reason = strategies.choose(queue.strategy, ranked, known.get(ticket.id))
        to_all = is_chat and queue.strategy == "manual"
        made.append(
            deciding.decision(
                ticket,
                "nobody" if chosen is None else "offered" if is_chat else "dispatched",
                now,
                reason=ALL_ASKED if to_all and chosen is not None else reason,
                strategy=queue.strategy,
                agent_id=None if chosen is None or to_all else chosen.agent_id,
                relaxed=queue.given_up(wish.skills | queue.required, wish.waited),
                teams=queue.asked_teams(wish.waited),
                ranked=ranked,
            )
        )
        if chosen is None:
            done.passed.add(ticket.id)
            if is_chat and all(one.barred in ABSENT for one in ranked):
                unanswered.append(ticket)
            continue
        taking = [one.agent_id for one in ranked if one.barred is None] if to_all else [chosen.agent_id]
        for agent_id in taking:
            workers[agent_id].take(wish.channel, now, 2**62 + order)
        if is_chat:
            offers.append((ticket, taking, made[-1]))
        else:
            pairs.append((ticket, chosen.agent_id))
        done.given_ids.add(ticket.id)
    assignment.assign_all(pairs, SYSTEM, now)
    deciding.keep(made)
    db.session.flush()
    for ticket, taking, decision in offers:
        offering.offer(ticket, taking, decision, now)
    for ticket in unanswered:
        unaccepted.leave_waiting(ticket, "nobody_there", SYSTEM, now)
    db.session.flush()
    return done


def _ranked(
    queue: Rules, wish: Wish, workers: Mapping[int, Worker], now: datetime, weights: Mapping[str, int]
) -> list[Candidate]:
    """Everybody of the queue's teams, the best first."""
    return strategies.rank(
        queue.strategy,
        [
            eligibility.candidate(worker, queue, wish, now - FRESH, weights)
            for worker in workers.values()
            if any(one.team_id in worker.team_ids for one in queue.teams)
        ],
    )


def wish_of(ticket: Ticket, now: datetime, skipped_by: frozenset[int] = frozenset()) -> Wish:
    """What a ticket asks for."""
    waited = max(timedelta(0), now - (ticket.unassigned_since or ticket.opened_at))
    return Wish(needs.channel_of(ticket.needs), needs.skills_of(ticket.needs), waited, skipped_by)


def knowing(tickets: Sequence[Ticket]) -> dict[int, int]:
    """The agent who had the requester's newest other ticket, by ticket."""
    if not tickets:
        return {}
    asked = select(Ticket.id, Ticket.requester_id).where(Ticket.id.in_([ticket.id for ticket in tickets])).subquery()
    earlier = lateral(
        select(Ticket.assignee_id.label("assignee_id"))
        .where(Ticket.requester_id == asked.c.requester_id, Ticket.id != asked.c.id, Ticket.assignee_id.is_not(None))
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    rows = db.session.execute(
        select(asked.c.id, func.coalesce(earlier.c.assignee_id, 0)).select_from(asked.join(earlier, literal(True)))
    )
    return {row[0]: row[1] for row in rows}
