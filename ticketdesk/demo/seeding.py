"""Playing the conversations through the real verbs, with the clock set back."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.inbound import Inbound, Match, Sender, deliver
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import WAITING, OutboxRow
from ticketdesk.demo import company
from ticketdesk.demo.company import Company
from ticketdesk.demo.conversations import CONVERSATIONS, Conversation, Turn
from ticketdesk.tickets import assignment, mentions, messages, priority, progress, tagging
from ticketdesk.tickets.ticket import Ticket

HISTORY = timedelta(days=30)


def seed(now: datetime) -> bool:
    """Make the company and its tickets; False, and nothing done, where anybody works already."""
    if db.session.scalar(select(Agent.id).limit(1)) is not None:
        return False
    firm = company.found(now - HISTORY)
    db.session.commit()
    for conversation in sorted(CONVERSATIONS, key=lambda one: -one.ago):
        _play(conversation, firm, now)
    return True


def _play(conversation: Conversation, firm: Company, now: datetime) -> None:
    at = now - timedelta(minutes=conversation.ago)
    ticket = _write(conversation, conversation.text, firm, at, None)
    ada = firm.agents["Ada"].actor
    if conversation.priority != "normal":
        priority.change_priority(ticket, conversation.priority, ada, at + timedelta(seconds=20))
    if conversation.tags:
        tagging.change_tags(ticket, conversation.tags, (), ada, at + timedelta(seconds=30))
    _let_pass()
    for turn in conversation.turns:
        at = min(at + timedelta(minutes=turn.after, seconds=40), now - timedelta(seconds=30))
        _take(turn, ticket, conversation, firm, at)
        _let_pass()


def _take(turn: Turn, ticket: Ticket, conversation: Conversation, firm: Company, at: datetime) -> None:
    if turn.who == "customer":
        _write(conversation, turn.text, firm, at, ticket)
        return
    agent = firm.agents[turn.who]
    if turn.does == "takes":
        assignment.assign(ticket, agent, agent.actor, at)
    elif turn.does == "writes":
        messages.reply(ticket, agent, turn.text, to=[(conversation.address, conversation.name)], at=at)
    elif turn.does == "notes":
        messages.note(ticket, agent, turn.text, at=at, mentioned=mentions.mentioned(turn.text, firm.agents.values()))
    elif turn.does == "waits":
        progress.move_to(ticket, "pending", agent.actor, at)
    elif turn.does == "solves":
        progress.solve(ticket, agent.actor, at)


def _write(conversation: Conversation, text: str, firm: Company, at: datetime, ticket: Ticket | None) -> Ticket:
    queue = firm.queues[conversation.queue]
    mailbox = firm.mailboxes[conversation.queue]
    return deliver(
        Inbound(
            channel="email",
            brand_id=firm.brand.id,
            queue_id=queue.id,
            mailbox_id=mailbox.id,
            sender=Sender("email", conversation.address, conversation.name),
            subject=conversation.subject,
            text=text,
            received_at=at,
            dated_at=at,
            to=((mailbox.address, mailbox.name),),
            match=Match(ticket.id, "recipient_token") if ticket is not None else None,
        )
    ).ticket


def _let_pass() -> None:
    """What would have happened in the background by then; mail of the past is not sent again."""
    db.session.commit()
    while rows := db.session.execute(
        select(OutboxRow.id, OutboxRow.due_at).where(OutboxRow.state.in_(WAITING), OutboxRow.lane == "soon")
    ).all():
        for row in rows:
            jobs.run(row.id, row.due_at)
    db.session.execute(
        update(OutboxRow)
        .where(OutboxRow.state.in_(WAITING), OutboxRow.lane == "mail")
        .values(state="sent", finished_at=OutboxRow.due_at, response="demo data, written only")
    )
    db.session.commit()
