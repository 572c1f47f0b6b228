"""Telling agents by mail: what happened, why they are told, and a way to the ticket."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import current_app
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import identifiers, letters
from ticketdesk.channels.email.composing import Outgoing, Person, line
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.core import tokens
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, NotYet, OutboxRow
from ticketdesk.notifications import preferences, when
from ticketdesk.notifications.at_work import first_open
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.rules import CLOCKS, waits_for_work
from ticketdesk.tickets import on_duty
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.visibility import level

TRIES = 14
"""So often in turn it is looked when work begins and when it is no longer quiet: two for each day of a week."""
Settled = Callable[[Ticket, int], str | None]
"""Tells why a clock, by its id, matters no more on a ticket; None while it does."""


def send(claim: Claim, now: datetime, *, settled: Settled) -> tuple[str, str | None]:
    """The background task: mail one notification; raises DeliveryFailed, or NotYet while its reader is off work."""
    notification = db.session.get_one(Notification, claim.payload["notification_id"])
    agent = db.session.get_one(Agent, notification.agent_id)
    ticket = db.session.get_one(Ticket, notification.ticket_id)
    if level(agent, ticket) is None:
        return "cancelled", "The agent may no longer see the ticket."
    event = db.session.get_one(Event, notification.event_id)
    if event.kind in CLOCKS and (reason := settled(ticket, event.data["timer_id"]) or outdated(notification, event)):
        return "cancelled", reason
    if event.kind in CLOCKS and (begins := may_begin(event, agent, now)) > now:
        raise NotYet(begins)
    mailbox = letters.mailbox_of(ticket)
    domain = mailbox.address.rpartition("@")[2]
    key = tokens.signing_keys()[0]
    subject, text, html = letters.rendered(
        "notice",
        agent.locale,
        {
            **words(notification, event, ticket, agent, now),
            "answers": mailbox.trusted_relay is not None and allowed(agent, "ticket.reply", level(agent, ticket)),
            "internal": _answers_as(event) == "i",
        },
    )
    outgoing = Outgoing(
        message_id=identifiers.message_id(Named("n", ticket.id, claim.id), domain, key),
        sender=Person(mailbox.address, mailbox.name),
        reply_to=Person(
            identifiers.address(mailbox.address, Named(_answers_as(event), ticket.id, agent.id), key), mailbox.name
        ),
        to=(Person(agent.email, agent.name),),
        subject=subject,
        text=text,
        html=html,
        date=notification.created_at,
        # An id that no mail bears keeps the notices of one ticket together.
        references=(identifiers.message_id(Named("n", ticket.id, 0), domain, key),),
        automatic="auto-generated",
    )
    return hand_over(claim, outgoing, mailbox, agent.email, now)


def may_begin(event: Event, agent: Agent, now: datetime) -> datetime:
    """When a mail about a clock may leave: while its reader works, outside their quiet hours; at once if urgent."""
    if event.data.get("urgent"):
        return now
    quiet, zone = preferences.of(agent.id).quiet, ZoneInfo(agent.timezone)
    hours = on_duty.hours_of([agent.id]).get(agent.id, ()) if waits_for_work(event) else ()
    moment = now
    for _each in range(TRIES):
        begins = when.awake(first_open(hours, moment), quiet, zone)
        if begins == moment:
            return moment
        moment = begins
    return when.awake(now, quiet, zone)  # whoever works only while it is quiet is told when it is not


def _answers_as(event: Event) -> str:
    """What an answer to this notice is: in public, or a note where it tells of what the customer must not hear."""
    return "i" if event.kind == "note_added" or event.kind.startswith("side_") else "a"


def outdated(notification: Notification, event: Event) -> str | None:
    """Why a notice that waited says too little: whoever it is for was told more of the same clock since then."""
    newer = db.session.scalar(
        select(Notification.id)
        .join(Event, Event.id == Notification.event_id)
        .where(
            Notification.agent_id == notification.agent_id,
            Notification.ticket_id == notification.ticket_id,
            Notification.id > notification.id,
            Notification.kind.in_(CLOCKS),
            Event.data["timer_id"].as_integer() == event.data["timer_id"],
        )
        .limit(1)
    )
    return None if newer is None else "A later notice says how it stands."


def _due(event: Event, ticket: Ticket) -> datetime | None:
    """By when the answer or solution that an event tells of is owed, as it stands now where that is known."""
    if ticket.next_due_at is not None and event.data.get("metric") in (None, ticket.next_due_metric):
        return ticket.next_due_at
    said = event.data.get("due_at")
    return datetime.fromisoformat(said) if said is not None else ticket.next_due_at


def words(notification: Notification, event: Event, ticket: Ticket, agent: Agent, now: datetime) -> dict[str, object]:
    """What the words about it speak of, however they are told."""
    config: Config = current_app.extensions["ticketdesk.config"]
    row_id = event.data.get("outbox_id")
    row = db.session.get(OutboxRow, row_id) if row_id is not None else None
    due = _due(event, ticket)
    return {
        "kind": event.kind,
        "reason": notification.reason,
        "metric": event.data.get("metric"),
        "due": format_datetime(due, "medium", tzinfo=ZoneInfo(agent.timezone), locale=agent.locale) if due else None,
        "late": due is not None and due <= now,
        "undelivered": {"recipient": row.recipient, "error": row.error} if row is not None else None,
        "number": ticket.number,
        "title": line(ticket.subject, 200),
        "name": agent.name,
        "brand": db.session.get_one(Brand, ticket.brand_id),
        "link": f"{config.public_url}/desk/tickets/{ticket.number}",
        "mark": None,
    }
