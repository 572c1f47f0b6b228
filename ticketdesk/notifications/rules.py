"""Who is told of what, and why: the assignee, followers, whoever is named, and the team while nobody has it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import members_of, supervisors_of
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.notifications.at_work import at_work
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets import visibility
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MAIL_TASK = "mail.notice"
Reasons = dict[int, str]
"""Agents by id, each with the strongest reason for telling them."""

MAILED: Mapping[str, frozenset[str]] = {
    "assigned": frozenset(["assignee"]),
    "note_added": frozenset(["mentioned"]),
    "sla_warned": frozenset(["assignee", "follower", "team"]),
    "sla_breached": frozenset(["assignee", "follower", "team"]),
    "escalated": frozenset(["assignee", "follower", "team", "member", "supervisor", "administrator", "named"]),
    "reply_failed": frozenset(["author", "assignee"]),
    "reply_bounced": frozenset(["author", "assignee"]),
    "follow_up_opened": frozenset(["owner", "supervisor"]),
}
"""Events of which a mail is sent as well, and to whom."""

CLOCKS = frozenset({"sla_warned", "sla_breached", "escalated"})
"""What is told of a clock: by mail only while whoever is told works, unless it is urgent."""


def notify(event: Event, now: datetime) -> None:
    """When something happened to a ticket: one row for each agent who should know, and a mail where it is urgent.

    Never for whoever did it, never twice, and only for those who may see the ticket.
    """
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if ticket.spam_at is not None or ticket.trashed_at is not None:
        return
    reasons = _RECIPIENTS[event.kind](event, ticket)
    others = {agent_id: reason for agent_id, reason in sorted(reasons.items()) if not _did_it(agent_id, event)}
    seers = visibility.seers(ticket) if others else {}
    told = {agent_id: reason for agent_id, reason in others.items() if agent_id in seers}
    if not told:
        return
    made = _keep(event, ticket, told, now)
    mailed = [agent_id for agent_id in made if told[agent_id] in MAILED.get(event.kind, ())]
    addresses = {row.id: row.email for row in db.session.execute(_addresses(mailed))} if mailed else {}
    due = at_work(mailed, now) if mailed and waits_for_work(event) else dict.fromkeys(mailed, now)
    for agent_id in mailed:
        outbox.add(
            MAIL_TASK,
            {"notification_id": made[agent_id]},
            due_at=due[agent_id],
            lane="mail",
            recipient=addresses[agent_id],
            channel="email",
            purpose="notice",
            once=f"notice:{made[agent_id]}",
        )


def waits_for_work(event: Event) -> bool:
    """Whether mails about an event leave only while their readers work."""
    return event.kind in CLOCKS and not event.data.get("urgent")


def _keep(event: Event, ticket: Ticket, told: Reasons, now: datetime) -> dict[int, int]:
    """The ids of the new rows by agent; who was told of this event before has none."""
    rows = [
        {
            "agent_id": agent_id,
            "event_id": event.id,
            "ticket_id": ticket.id,
            "kind": event.kind,
            "reason": reason,
            "created_at": now,
        }
        for agent_id, reason in told.items()
    ]
    return {row.agent_id: row.id for row in db.session.execute(_KEEP, rows)}


_KEEP = (
    insert(Notification)
    .on_conflict_do_nothing(index_elements=[Notification.event_id, Notification.agent_id])
    .returning(Notification.agent_id, Notification.id)
)


def _addresses(agent_ids: Sequence[int]) -> Select[int, str]:
    return select(Agent.id, Agent.email).where(Agent.id.in_(agent_ids))


def _did_it(agent_id: int, event: Event) -> bool:
    return event.actor_kind == "agent" and event.actor_id == agent_id


def _assigned(event: Event, ticket: Ticket) -> Reasons:
    return {event.data["to"]: "assignee"} if event.data["to"] is not None else {}


def _note(event: Event, ticket: Ticket) -> Reasons:
    return _concerned(ticket) | dict.fromkeys(event.data["mentioned"], "mentioned")


def _message(event: Event, ticket: Ticket) -> Reasons:
    if event.data["held"] or event.data["inert"]:
        return {}
    return _concerned_or_team(ticket)


def _accepted(event: Event, ticket: Ticket) -> Reasons:
    return {} if event.data["inert"] else _concerned_or_team(ticket)


def _clock(event: Event, ticket: Ticket) -> Reasons:
    return _concerned_or_team(ticket)


def _escalated(event: Event, ticket: Ticket) -> Reasons:
    return dict(zip(event.data["agents"], event.data["reasons"], strict=True))


def _undelivered(event: Event, ticket: Ticket) -> Reasons:
    message = db.session.get_one(Message, event.data["message_id"])
    # A bounce is told of as such, not once more as the failure that follows from it.
    if message.automatic or event.data.get("bounced"):
        return {}
    author = {message.agent_id: "author"} if message.agent_id is not None else {}
    return _concerned(ticket) | author


def _discontent(event: Event, ticket: Ticket) -> Reasons:
    """A low score: whoever shall come back to the customer, those who answer for the team, and whose ticket it is."""
    team_id, owner_id = event.data["team_id"], event.data["owner_id"]
    supervisors = dict.fromkeys(supervisors_of(team_id), "supervisor") if team_id is not None else {}
    owner = {owner_id: "owner"} if owner_id is not None else {}
    return _concerned(ticket) | supervisors | owner


def _concerned(ticket: Ticket) -> Reasons:
    reasons = dict.fromkeys(followers_of(ticket.id), "follower")
    return reasons | ({ticket.assignee_id: "assignee"} if ticket.assignee_id is not None else {})


def _concerned_or_team(ticket: Ticket) -> Reasons:
    """The team as well while nobody who works here has the ticket."""
    if ticket.assignee_id is not None and db.session.get_one(Agent, ticket.assignee_id).is_active:
        return _concerned(ticket)
    team_id = db.session.scalars(select(Queue.team_id).where(Queue.id == ticket.queue_id)).one()
    return dict.fromkeys(members_of(team_id), "team") | _concerned(ticket)


_RECIPIENTS: Mapping[str, Callable[[Event, Ticket], Reasons]] = {
    "assigned": _assigned,
    "note_added": _note,
    "message_received": _message,
    "message_accepted": _accepted,
    "sla_warned": _clock,
    "sla_breached": _clock,
    "escalated": _escalated,
    "reply_failed": _undelivered,
    "reply_bounced": _undelivered,
    "follow_up_opened": _discontent,
}
KINDS = tuple(_RECIPIENTS)
"""The events that anybody is told of."""
