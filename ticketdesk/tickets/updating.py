"""One update to all: what is known of a problem is told to everybody who waits in one of its incidents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.contacts.contact import CHATTING, Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import drafts, locking, noting, progress, replying, timeline, visibility, withdrawing
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.relation import Relation
from ticketdesk.tickets.status import default_status
from ticketdesk.tickets.ticket import Ticket

MOST = 100
"""Incidents that are told at once: each is locked until all are done."""

Kind = Literal["reply", "note"]
Why = Literal["not_allowed", "closed", "put_away", "merged", "chat", "no_address"]


@dataclass(frozen=True, slots=True)
class Told:
    """An incident that would be told, and who reads it there: (address, name), the requester first."""

    ticket: Ticket
    to: tuple[str, str] | None
    cc: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What one update would do."""

    told: Sequence[Told]
    left_out: Sequence[tuple[Ticket, Why]]

    @property
    def customers(self) -> int:
        """How many people would get it."""
        return len({address for one in self.told for address, _name in (*([one.to] if one.to else []), *one.cc)})


def plan(problem: Ticket, agent: Agent, kind: Kind = "reply") -> Plan:
    """The incidents of a problem that the agent sees: those that would be told, and those left out with the reason."""
    rows = db.session.execute(
        visibility.visible_tickets(agent)
        .add_columns(visibility.rank(agent))
        .join(Relation, Relation.ticket_id == Ticket.id)
        .where(Relation.other_id == problem.id, Relation.kind == "incident", Relation.ended_at.is_(None))
        .order_by(Ticket.id)
    ).all()
    levels = [(ticket, visibility.level_at(agent, ticket, rank)) for ticket, rank in rows]
    return planned(levels, agent, kind)


def planned(tickets: Sequence[tuple[Ticket, Level | None]], agent: Agent, kind: Kind = "reply") -> Plan:
    """The same for any tickets, each with how far the agent may go with it."""
    people = _people([ticket.id for ticket, _level in tickets])
    told, left_out = [], []
    for ticket, level in tickets:
        found = people.get(ticket.id, [])
        why = _bar(ticket, allowed(agent, f"ticket.{kind}", level), kind, found)
        if why is not None:
            left_out.append((ticket, why))
            continue
        mails = [one for one in found if one.kind == "email"]
        mails.sort(key=lambda one: one.id != ticket.requester_id)
        addresses = [(one.value, one.name) for one in mails]
        told.append(Told(ticket, addresses[0] if addresses else None, tuple(addresses[1:])))
    return Plan(told, left_out)


def update(
    problem: Ticket,
    agent: Agent,
    text: str,
    *,
    kind: Kind,
    only: Collection[int],
    key: str,
    at: datetime,
    leaves_at: datetime | None = None,
    solve: bool = False,
) -> list[Message]:
    """Write the same into each incident of `only` (ids) that can be told, a message of its own each; returns them.

    They are sent under one key, by which all can be taken back together until they leave. The same again gives what was
    written the first time. Raises Invalid where nothing can be told or there are too many, Unfilled where one cannot be
    solved yet, and Conflict when all of it was taken back since.
    """
    if len(only) > MOST:
        raise Invalid(f"At most {MOST} tickets can be answered at once.")
    locking.lock([problem.id, *only])
    if made := made_under(agent, key):
        return _standing(made)
    told = [one for one in plan(problem, agent, kind).told if one.ticket.id in only]
    if not told:
        raise Invalid("Choose at least one ticket that can be answered.")
    then = "solved" if solve else None
    messages = [write(one, agent, text, kind, f"{key}:{one.ticket.id}", at, leaves_at, then=then) for one in told]
    data = {"ticket_ids": [one.ticket.id for one in told], "kind": kind, "solved": solve}
    timeline.record(problem, "incidents_updated", agent.actor, at, data)
    return messages


def take_back(problem: Ticket, agent: Agent, key: str, at: datetime) -> int:
    """Take all replies of one update back that have not left; returns how many.

    The words are the agent's draft in the problem again. Raises NotFound where there are none, and Conflict where all
    have left.
    """
    made = made_under(agent, key)
    if not made:
        raise NotFound("There is nothing of yours to undo here.")
    ids = db.session.scalars(
        select(Placement.ticket_id).where(
            Placement.message_id.in_([one.id for one in made]), Placement.ended_at.is_(None)
        )
    ).all()
    locking.lock([problem.id, *ids])
    words = _standing(made_under(agent, key))[0].text
    back = withdraw_all(agent, key, at)
    if not back:
        raise Conflict(withdrawing.LEFT)
    drafts.put_above(problem, agent, words, {}, problem.last_seq, at)
    data = {"ticket_ids": list(ids), "kind": "reply", "solved": False, "taken_back": True}
    timeline.record(problem, "incidents_updated", agent.actor, at, data)
    return len(back)


def withdraw_all(agent: Agent, key: str, at: datetime) -> list[Message]:
    """Take back what was sent under one key and has not left, without its words; returns what was taken back."""
    back = []
    for message in made_under(agent, key):
        try:
            withdrawing.withdraw(message.id, agent, at, as_draft=False)
        except Conflict:
            continue  # this one has left, or was taken back by itself
        back.append(message)
    return back


def write(
    one: Told,
    agent: Agent,
    text: str,
    kind: Kind,
    key: str,
    at: datetime,
    leaves_at: datetime | None,
    *,
    then: str | None,
) -> Message:
    """Write into one of them, with what is done by the way."""
    if kind == "note" or one.to is None:
        message = noting.note(one.ticket, agent, text, at=at, client_key=key)
        sent_with = None
    else:
        message = replying.reply(
            one.ticket, agent, text, to=[one.to], cc=one.cc, at=at, client_key=key, leaves_at=leaves_at
        )
        sent_with = message.id
    if then is not None and one.ticket.category != then:
        progress.choose(one.ticket, default_status(then), agent.actor, at, sent_with=sent_with)
    return message


def _bar(ticket: Ticket, may: bool, kind: Kind, people: Sequence[Identity]) -> Why | None:
    """Why a ticket is not told; None when it is."""
    if not may:
        return "not_allowed"
    if ticket.merged_into_id is not None:
        return "merged"
    if ticket.spam_at is not None or ticket.trashed_at is not None:
        return "put_away"
    if ticket.category == "closed":
        return "closed"
    if kind == "note":
        return None
    if any(one.kind in CHATTING for one in people):
        return "chat"  # what a visitor reads at once cannot be taken back
    return None if any(one.kind == "email" for one in people) else "no_address"


def _people(ticket_ids: Collection[int]) -> dict[int, list[Identity]]:
    """Who takes part in each of these tickets and can be reached."""
    found: dict[int, list[Identity]] = {}
    for ticket_id, identity in db.session.execute(
        select(Participant.ticket_id, Identity)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(
            Participant.ticket_id.in_(ticket_ids),
            Participant.state == "active",
            Identity.undeliverable_since.is_(None),
        )
        .order_by(Participant.id)
    ):
        found.setdefault(ticket_id, []).append(identity)
    return found


def _standing(made: Sequence[Message]) -> list[Message]:
    """Those that were not taken back one by one, which empties them; raises Conflict where none is left."""
    left = [one for one in made if one.withdrawn_at is None]
    if not left:
        raise Conflict("You took this back already; its words are a draft.")
    return left


def made_under(agent: Agent, key: str) -> list[Message]:
    """What an agent wrote under one key, as it stands by now."""
    own = select(Message).where(Message.agent_id == agent.id, Message.client_key.startswith(f"{key}:", autoescape=True))
    return list(db.session.scalars(own.order_by(Message.id), execution_options={"populate_existing": True}))
