"""Joining two contacts by hand: who would newly see which tickets, and that an agent says yes to it (R12)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts import joining, linking
from ticketdesk.contacts.contact import PROVEN, Contact, Identity
from ticketdesk.contacts.joined import ContactJoin
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotAllowed
from ticketdesk.tickets import acquaintances
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

MOST = 20
"""So many tickets are named for each side."""
HIDDEN = "They take part in tickets that you cannot see. Somebody who sees all of them can join the two contacts."
UNASKED = "Say first that they may see what they could not see before."


@dataclass(frozen=True, slots=True)
class Gain:
    """What the people of one contact would newly see: tickets of the other."""

    who: str
    ways_in: tuple[str, ...]  # the addresses by which they come in
    tickets: tuple[tuple[int, str], ...]  # number and subject, the newest first
    is_more: bool  # there are others besides
    unproven: tuple[str, ...]  # addresses whose tickets are seen only once these are proven


def check(kept: Contact, given_up: Contact, agent: Agent) -> None:
    """Raises NotAllowed or Conflict where an agent cannot join two contacts, whatever they say yes to."""
    if not acquaintances.sees_all(agent, [kept.id, given_up.id]):
        raise NotAllowed(HIDDEN)
    here, there = linking.identities_of(kept.id), linking.identities_of(given_up.id)
    refusal = joining.refused(kept, given_up, here, there)
    if refusal is not None:
        raise Conflict(refusal)


def gains(one: Contact, other: Contact) -> list[Gain]:
    """Who would newly see what, in the portal and in the chat, if two contacts were one person."""
    here, there = linking.identities_of(one.id), linking.identities_of(other.id)
    found = [_gain(one, here, there), _gain(other, there, here)]
    return [gain for gain in found if gain is not None]


def join(
    kept: Contact,
    given_up: Contact,
    agent: Agent,
    at: datetime,
    *,
    widen: bool = False,
    expecting: Collection[int] | None = None,
) -> ContactJoin:
    """Join them; raises NotAllowed or Conflict, also where somebody would newly see something and nobody said yes."""
    linking.lock((kept.id, given_up.id))
    check(kept, given_up, agent)
    if not widen and gains(kept, given_up):
        raise Conflict(UNASKED)
    return joining.join_by_hand(kept, given_up, agent.actor, at, expecting=expecting)


def _gain(who: Contact, own: Sequence[Identity], others: Sequence[Identity]) -> Gain | None:
    """Whoever proves one of `own` sees what every proven one of `others` takes part in; shared ones stay alone."""
    ways_in = [one for one in own if one.kind in ("email", "external") and not one.is_shared]
    theirs = [one for one in others if not one.is_shared]
    if not ways_in or not theirs:
        return None
    # What they see as a whole already, by an address that is theirs alone and proven, or the only one they have.
    known = [one.id for one in own if not one.is_shared and (one.verification in PROVEN or len(ways_in) == 1)]
    taken = select(Participant.ticket_id).where(Participant.state == "active")
    whole = taken.where(Participant.identity_id.in_(known), Participant.sees_since.is_(None))
    rows = db.session.execute(
        select(Ticket.number, Ticket.subject)
        .where(
            Ticket.id.in_(taken.where(Participant.identity_id.in_([one.id for one in theirs]))),
            Ticket.id.not_in(whole),
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(MOST + 1)
    ).all()
    if not rows:
        return None
    return Gain(
        who=who.name,
        ways_in=tuple(one.called if one.kind == "external" else one.value for one in ways_in),
        tickets=tuple((row.number, row.subject) for row in rows[:MOST]),
        is_more=len(rows) > MOST,
        unproven=tuple(one.value for one in theirs if one.kind == "email" and one.verification not in PROVEN),
    )
