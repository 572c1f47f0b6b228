"""Who comes into which ticket by which way: every cell of ways, senders and states (ML-04, SECURITY R01)."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.channels.mails import DANA, EVE, RELAY, later, mail, message_of, placement_of, take, ticket_of
from tests.channels.test_matching import MALLORY, WAYS, ways
from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import participant, progress, replying
from ticketdesk.tickets.ticket import Ticket

FORGED = f"Authentication-Results: {RELAY}; dmarc=fail header.from=customer.example\r\nFrom:"
SENDERS = {
    "the requester": DANA,
    "somebody who was let in": EVE,
    "a stranger": MALLORY,
    "a stranger who is held already": "Held <held@evil.example>",
    "an address beside the requester's": "Dana <dana+x@customer.example>",
    "two senders at once": "dana@customer.example, mallory@evil.example",
    "the requester, forged": DANA,
}
TAKES_PART = ("the requester", "somebody who was let in", "the requester, forged")
BELIEVED = ("the requester", "somebody who was let in")
STATES = ("open", "solved", "closed")


@dataclass(frozen=True)
class Cell:
    """What became of a mail."""

    is_same: bool  # ticket
    is_held: bool
    follows: bool  # a new ticket that names the old one
    category: str  # of the old ticket


def expected(way: str, sender: str, state: str) -> Cell:
    """The rule, told without the code."""
    if way == "subject" and sender not in TAKES_PART:
        return Cell(is_same=False, is_held=False, follows=False, category=state)
    if state == "closed":
        return Cell(is_same=False, is_held=False, follows=True, category="closed")
    if sender in BELIEVED:
        return Cell(is_same=True, is_held=False, follows=False, category="open")
    return Cell(is_same=True, is_held=True, follows=False, category=state)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("sender", SENDERS)
def test_every_cell(world: World, now: datetime, sender: str, state: str) -> None:
    world.mailbox.trusted_relay = RELAY
    found, wanted = {}, {way: expected(way, sender, state) for way in WAYS}
    for number, way in enumerate(WAYS):
        at = later(now, hours=number)
        ticket = ticket_of(take(mail(message_id="first@customer.example", text=f"It came off, {way}."), at))
        reply = replying.reply(ticket, world.alice, "We send one.", to=[("dana@customer.example", "")], at=at)
        _let_in(world, ticket, at)
        progress.move_to(ticket, state, SYSTEM, at)
        db.session.commit()
        raw = ways(ticket, reply)[way].replace(DANA.encode(), SENDERS[sender].encode())
        if sender == "the requester, forged":
            raw = raw.replace(b"From:", FORGED.encode(), 1)
        stored = take(raw, later(at, minutes=5))
        came = ticket_of(stored)
        found[way] = Cell(
            is_same=came.id == ticket.id,
            is_held=placement_of(message_of(stored)).held,
            follows=came.follows_id == ticket.id,
            category=db.session.get_one(Ticket, ticket.id).category,
        )
    assert found == wanted


def _let_in(world: World, ticket: Ticket, at: datetime) -> None:
    participant.add(ticket.id, world.eve.id, "cc", "active", at)
    db.session.commit()
    take(mail(sender=SENDERS["a stranger who is held already"], headers=[_ANSWER], text=f"#{ticket.number}"), at)


_ANSWER = ("In-Reply-To", "<first@customer.example>")
