"""What the tests of promises share: a policy that tells ahead, the record, and the events it must repeat."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from tests.people import LONG_AGO, World
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.judging import Standing, Turn, replayed
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.tickets import opening, receiving, replying
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

KINDS = ("promise_made", "promise_moved", "promise_kept", "promise_broken", "promise_ended", "promise_reopened")


def tells_ahead(policy: SlaPolicy) -> None:
    """Let customers of a policy be told before a promise passes."""
    words = editing.words_of(editing.in_force(policy.id))
    editing.change(policy, replace(words, tells_ahead=True), SYSTEM, LONG_AGO)
    db.session.commit()


def asked(world: World, at: datetime, channel: str = "email") -> Ticket:
    """A ticket of dana's with her first message."""
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.dana,
        subject="The armrest came off",
        channel=channel,
        by=Actor("contact", world.dana.id),
        at=at,
        mailbox_id=world.mailbox.id,
    )
    receiving.receive(ticket, world.dana, Letter(channel="email", text="It came off yesterday."), at)
    return ticket


def answer(world: World, ticket: Ticket, at: datetime) -> None:
    """Alice answers."""
    replying.reply(ticket, world.alice, "Here it is.", to=[(world.dana.value, "")], at=at)


def record(ticket: Ticket) -> dict[tuple[str, int], Standing]:
    """The stored promises of a ticket."""
    db.session.flush()
    rows = db.session.scalars(select(SlaPromise).where(SlaPromise.ticket_id == ticket.id))
    return {(row.metric, row.cycle): row.standing for row in rows}


def from_events(ticket: Ticket) -> dict[tuple[str, int], Standing]:
    """The same from the events alone."""
    log = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(KINDS)).order_by(Event.seq)
    )
    return replayed(Turn(event.kind, event.at, event.data) for event in log)


def told(ticket: Ticket) -> list[str]:
    """What became of a ticket's promises, in order."""
    log = db.session.scalars(
        select(Event.kind).where(Event.ticket_id == ticket.id, Event.kind.in_(KINDS)).order_by(Event.seq)
    )
    return [kind.removeprefix("promise_") for kind in log]
