"""Who is told of what, and why: the assignee, followers, whoever is named, and the team while nobody has it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import members_of, supervisors_of
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.notifications import browsers, inbox, preferences
from ticketdesk.notifications.at_work import at_work
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.preferences import LATELY, Recipient
from ticketdesk.notifications.topics import APP, MAIL, PUSH
from ticketdesk.tickets import visibility
from ticketdesk.tickets.batch import BatchTicket
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.side_conversation import SideMessage
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MAIL_TASK = "mail.notice"
Reasons = dict[int, str]
"""Agents by id, each with the strongest reason for telling them."""

MAILED: Mapping[str, frozenset[str]] = {
    "reply_failed": frozenset(["author", "assignee"]),
    "reply_bounced": frozenset(["author", "assignee"]),
    "reply_handed_back": frozenset(["author"]),
    "mail_failed": frozenset(["assignee"]),
    "side_failed": frozenset(["author"]),
    "follow_up_opened": frozenset(["owner", "supervisor"]),
}
"""Events of which only some are told by mail or pushed as well, whatever they chose."""

CLOCKS = frozenset({"sla_warned", "sla_breached", "escalated"})
"""What is told of a clock: by mail only while whoever is told works, unless it is urgent."""

SETTLE = timedelta(seconds=20)
"""What was done to many tickets at once is told in one mail; so long its events take to be told."""


def notify(event: Event, now: datetime) -> None:
    """When something happened to a ticket: one row for each agent who should know, and mail and pushes as wanted.

    Never for whoever did it, never twice, and only for those who may see the ticket.
    """
    ticket = db.session.get_one(Ticket, event.ticket_id)
    is_away = ticket.spam_at is not None or ticket.trashed_at is not None
    if is_away and event.kind != "reply_handed_back":  # that tells of their own words, wherever these are
        return
    reasons = _RECIPIENTS[event.kind](event, ticket)
    others = {agent_id: reason for agent_id, reason in sorted(reasons.items()) if not _did_it(agent_id, event)}
    seers = visibility.seers(ticket) if others else {}
    told = {agent_id: reason for agent_id, reason in others.items() if agent_id in seers}
    if not told:
        return
    people = preferences.recipients(told, ticket.id, now)
    ways = {agent_id: _ways(people[agent_id], event.kind, reason) for agent_id, reason in told.items()}
    mailed = [agent_id for agent_id in told if MAIL in ways[agent_id]]
    alone = _alone(mailed, people, event, now)
    rows = [
        {
            "agent_id": agent_id,
            "event_id": event.id,
            "ticket_id": ticket.id,
            "kind": event.kind,
            "reason": reason,
            "created_at": now,
            "read_at": now if people[agent_id].read_up_to >= event.seq else None,
            "in_app": APP in ways[agent_id],
            "mailed_at": now if agent_id in alone and event.kind not in CLOCKS else None,
            "mail_due_at": _gathered_at(people[agent_id], event, now)
            if agent_id in mailed and agent_id not in alone
            else None,
        }
        for agent_id, reason in told.items()
        if ways[agent_id]
    ]
    if not rows:
        return
    made = {row.agent_id: row.id for row in db.session.execute(_KEEP, rows)}
    inbox.ring([agent_id for agent_id in made if APP in ways[agent_id]])
    for agent_id in (agent_id for agent_id in alone if agent_id in made):
        outbox.add(
            MAIL_TASK,
            {"notification_id": made[agent_id]},
            due_at=alone[agent_id],
            lane="mail",
            recipient=people[agent_id].email,
            channel="email",
            purpose="notice",
            once=f"notice:{made[agent_id]}",
        )
    pushed = [one for one in made if PUSH in ways[one] and people[one].read_up_to < event.seq]
    if pushed and not _is_of_many(event):
        browsers.ask({one: made[one] for one in pushed}, _pushed_at(pushed, people, event, now), now)


def _ways(person: Recipient, kind: str, reason: str) -> frozenset[str]:
    chosen = person.setting.ways(kind, reason)
    return chosen if kind not in MAILED or reason in MAILED[kind] else chosen - {MAIL, PUSH}


def _alone(mailed: Sequence[int], people: Mapping[int, Recipient], event: Event, now: datetime) -> dict[int, datetime]:
    """Who gets a mail about this alone, and when; for all others it is gathered with what else they are told.

    Of a clock everybody does: a mail that tells of several would often come too late for it.
    """
    if event.kind in CLOCKS:
        due = at_work(mailed, now) if mailed and waits_for_work(event) else dict.fromkeys(mailed, now)
        return {
            agent_id: at if event.data.get("urgent") else people[agent_id].awake(at) for agent_id, at in due.items()
        }
    wanting = [one for one in mailed if people[one].leaves_at(now) == now and not people[one].was_mailed]
    return dict.fromkeys(wanting, now) if wanting and not _is_of_many(event) else {}


def _pushed_at(
    pushed: Sequence[int], people: Mapping[int, Recipient], event: Event, now: datetime
) -> dict[int, datetime]:
    """When browsers are told: outside quiet hours, of a clock while its reader works; at once if it is urgent."""
    if event.kind in CLOCKS:
        return _alone(pushed, people, event, now)
    return {one: people[one].awake(now) for one in pushed}


def _gathered_at(person: Recipient, event: Event, now: datetime) -> datetime:
    """When what is not mailed alone is due to be gathered."""
    at = person.leaves_at(now)
    if at > now:
        return at
    return person.awake(now + (LATELY if person.was_mailed else SETTLE))


def _is_of_many(event: Event) -> bool:
    """Whether an event is one of those that somebody brought about in many tickets at once."""
    return event.actor_kind == "agent" and bool(
        db.session.scalar(_OF_MANY, {"ticket_id": event.ticket_id, "seq": event.seq})
    )


_OTHER = aliased(BatchTicket)
_OF_MANY = select(
    exists().where(
        BatchTicket.ticket_id == bindparam("ticket_id"),
        BatchTicket.seq == bindparam("seq"),
        _OTHER.batch_id == BatchTicket.batch_id,
        _OTHER.ticket_id != BatchTicket.ticket_id,
    )
)


def waits_for_work(event: Event) -> bool:
    """Whether mails about an event leave only while their readers work."""
    return event.kind in CLOCKS and not event.data.get("urgent")


_KEEP = (
    insert(Notification)
    .on_conflict_do_nothing(index_elements=[Notification.event_id, Notification.agent_id])
    .returning(Notification.agent_id, Notification.id)
)


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


def _lost(event: Event, ticket: Ticket) -> Reasons:
    """A mail beside the conversation: the agent whom it was for, else whoever has the ticket."""
    agent_id = event.data["agent_id"]
    return {agent_id: "addressee"} if agent_id is not None else _concerned_or_team(ticket)


def _handed_back(event: Event, ticket: Ticket) -> Reasons:
    """A reply that was to be sent later: its author, or whoever can take it over where that is nobody any more."""
    return _concerned_or_team(ticket) if event.data["stranded"] else {event.data["agent_id"]: "author"}


def _woken(event: Event, ticket: Ticket) -> Reasons:
    """A ticket whose time has come: whose it is, and who put it away. Of anything else they are told as such."""
    if event.data["why"] != "time":
        return {}
    away = select(Event.actor_id).where(
        Event.ticket_id == ticket.id, Event.kind == "snoozed", Event.actor_kind == "agent", Event.seq < event.seq
    )
    agent_id = db.session.scalar(away.order_by(Event.seq.desc()).limit(1))
    assignee = {ticket.assignee_id: "assignee"} if ticket.assignee_id is not None else {}
    return ({agent_id: "snoozer"} if agent_id is not None else {}) | assignee


def _answered_beside(event: Event, ticket: Ticket) -> Reasons:
    """Somebody outside answered: whose ticket it is, and who asked. What is held is told once it is accepted."""
    if event.data.get("held") or event.data.get("inert"):
        return {}
    return _concerned_or_team(ticket) | _asked_by(event)


def _asked_by(event: Event) -> Reasons:
    """Those who wrote in a side conversation."""
    asked = select(SideMessage.agent_id).where(
        SideMessage.side_id == event.data["side_id"],
        SideMessage.agent_id.is_not(None),
        SideMessage.withdrawn_at.is_(None),
    )
    return dict.fromkeys((one for one in db.session.scalars(asked.distinct()) if one is not None), "asker")


def _not_asked(event: Event, ticket: Ticket) -> Reasons:
    message = db.session.get_one(SideMessage, event.data["message_id"])
    return {message.agent_id: "author"} if message.agent_id is not None else {}


def _discontent(event: Event, ticket: Ticket) -> Reasons:
    """A low score: whoever shall come back to the customer, those who answer for the team, and whose ticket it is."""
    team_id, owner_id = event.data["team_id"], event.data["owner_id"]
    supervisors = dict.fromkeys(supervisors_of(team_id), "supervisor") if team_id is not None else {}
    owner = {owner_id: "owner"} if owner_id is not None else {}
    return _concerned(ticket) | supervisors | owner


def _offered(event: Event, ticket: Ticket) -> Reasons:
    """A chat that a colleague wants to hand over; what the queue's rules let ring is gone before a notice is read."""
    return dict.fromkeys(event.data["agents"], "offered") if event.data.get("from") is not None else {}


def _came_back(event: Event, ticket: Ticket) -> Reasons:
    giver_id = event.data["from"]
    return {giver_id: "came_back"} if giver_id is not None else {}


def _invited(event: Event, ticket: Ticket) -> Reasons:
    return {event.data["agent_id"]: "invited"}


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
    "chat_offered": _offered,
    "chat_passed_on": _came_back,
    "chat_invited": _invited,
    "message_received": _message,
    "message_accepted": _accepted,
    "sla_warned": _clock,
    "sla_breached": _clock,
    "escalated": _escalated,
    "reply_failed": _undelivered,
    "reply_bounced": _undelivered,
    "reply_handed_back": _handed_back,
    "woken": _woken,
    "mail_failed": _lost,
    "side_received": _answered_beside,
    "side_accepted": _answered_beside,
    "side_failed": _not_asked,
    "follow_up_opened": _discontent,
}
KINDS = tuple(_RECIPIENTS)
"""The events that anybody is told of."""
