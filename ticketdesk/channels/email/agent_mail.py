"""Agents answer notices by mail: as a reply, as a note, and with orders, if everything proves who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.channels import signing
from ticketdesk.channels.email import agent_commands, matching, order_refusals
from ticketdesk.channels.email.agent_commands import Command, Orders
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.contacts.contact import CHATTING, Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed, Refused
from ticketdesk.tickets import assignment, chain, noting, priority, progress, replying, tagging, visibility, writing
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.status import default_status
from ticketdesk.tickets.ticket import Ticket

_PERMISSIONS = {
    "assign": "ticket.assign",
    "status": "ticket.status",
    "priority": "ticket.priority",
    "tag": "ticket.tag",
    "untag": "ticket.tag",
}


@dataclass(frozen=True, slots=True)
class Came:
    """A mail of which its relay has proven the sender."""

    raw_id: int
    parsed: ParsedMail
    sender: str
    envelope_to: tuple[str, ...]
    files: tuple[NewFile, ...]
    at: datetime


def take(came: Came) -> Message | None:
    """What an agent wrote, as a reply or a note, with its orders done; None when it must count as a customer's.

    It takes the token of a notice to this very agent, their own address, and present access to the ticket
    (SEMANTICS 1); whoever calls has seen to the proof of the sender.
    """
    for named in matching.signed_recipients(came.parsed, came.envelope_to):
        agent = db.session.get(Agent, named.second) if named.kind in ("a", "i") and named.second is not None else None
        ticket = chain.locked_end(named.first) if agent is not None else None
        if agent is None or ticket is None or agent.email != came.sender or not _may_answer(agent, ticket):
            continue
        return _written(came, named, agent, ticket)
    return None


def _may_answer(agent: Agent, ticket: Ticket) -> bool:
    return allowed(agent, "ticket.reply", visibility.level(agent, ticket))


def _written(came: Came, named: Named, agent: Agent, ticket: Ticket) -> Message | None:
    orders = agent_commands.read(came.parsed.reply_text)
    if not orders.text and not orders.commands and not orders.unclear:
        return None
    is_note = orders.asks("note") or (named.kind == "i" and not orders.asks("reply"))
    refused: list[tuple[str, str]] = [(one.line, one.why) for one in orders.unclear]
    if orders.unclear:
        # Nothing is half done, and nothing that was meant for us goes to the customer: it is all kept as a note.
        message = _note(came, agent, ticket, came.parsed.reply_text)
    elif is_note or not orders.text or (to := _addressees(ticket)) is None:
        message = _note(came, agent, ticket, orders.text or "\n".join(one.line for one in orders.commands))
        if not is_note and orders.text:
            refused.append(("", "nobody can be reached by mail in this ticket, so your words were kept as a note"))
    elif ticket.category == "closed":
        message = _note(came, agent, ticket, orders.text)
        refused.append(("", "the ticket is closed, so your words were kept as a note"))
    else:
        address, channel = to
        message = replying.reply(
            ticket,
            agent,
            orders.text[: writing.LONGEST_TEXT],
            to=address,
            channel=channel,
            at=came.at,
            files=came.files,
            client_key=f"mail:{came.raw_id}",
            is_signed=signing.is_signed(orders.text, agent),
        )
    message.raw_mail_id = came.raw_id
    message.threaded_by = "recipient_token"
    message.fingerprint = came.parsed.fingerprint
    if not orders.unclear:
        refused += _obeyed(ticket, agent, orders, came.at)
    if refused:
        order_refusals.tell(agent, ticket, refused, came.at)
    return message


def _note(came: Came, agent: Agent, ticket: Ticket, text: str) -> Message:
    key = f"mail:{came.raw_id}"
    words = text[: writing.LONGEST_TEXT]
    return noting.note(ticket, agent, words, at=came.at, files=came.files, client_key=key)


def _addressees(ticket: Ticket) -> tuple[tuple[tuple[str, str], ...], str] | None:
    """Whom an answer goes to and how; a visitor reads it in the chat, or is mailed it from there."""
    to = db.session.execute(select(Identity).where(Identity.id == ticket.requester_id)).scalar_one()
    if to.kind == "email":
        return ((to.value, to.name),), "email"
    return ((), "chat") if to.kind in CHATTING else None


def _obeyed(ticket: Ticket, agent: Agent, orders: Orders, at: datetime) -> list[tuple[str, str]]:
    """Do what was ordered, each for itself; returns what was not done, with the reason."""
    refused: list[tuple[str, str]] = []
    for command in orders.commands:
        if command.kind in ("note", "reply"):
            continue
        try:
            with db.session.begin_nested():
                _obey(ticket, agent, command, at)
        except Refused as refusal:
            refused.append((command.line, str(refusal)))
    return refused


def _obey(ticket: Ticket, agent: Agent, command: Command, at: datetime) -> None:
    if not allowed(agent, _PERMISSIONS[command.kind], visibility.level(agent, ticket)):
        raise NotAllowed("You may not do that with this ticket.")
    by = agent.actor
    if command.kind == "status":
        progress.choose(ticket, default_status(command.words), by, at)
    elif command.kind == "priority":
        priority.change_priority(ticket, command.words, by, at)
    elif command.kind == "tag":
        tagging.change_tags(ticket, command.words.split(","), (), by, at)
    elif command.kind == "untag":
        tagging.change_tags(ticket, (), command.words.split(","), by, at)
    else:
        assignment.assign(ticket, _whom(ticket, agent, command.words), by, at)


def _whom(ticket: Ticket, agent: Agent, words: str) -> Agent | None:
    """Who is meant; raises Invalid when that is nobody who works on the queue, or more than one."""
    word = words.lower()
    if word == "me":
        return agent
    if word == "nobody":
        return None
    named = or_(
        func.lower(Agent.name) == word,
        func.lower(func.split_part(Agent.name, " ", 1)) == word,
        Agent.email == word,
        func.split_part(Agent.email, "@", 1) == word,
    )
    people: Sequence[Agent] = db.session.scalars(select(Agent).where(Agent.disabled_at.is_(None), named).limit(5)).all()
    found = [one for one in people if visibility.level(one, ticket) in ("reply", "manage")]
    if len(found) != 1:
        why = "There is nobody of that name who works on this queue." if not found else "Several people are called so."
        raise Invalid(why, "assign")
    return found[0]
