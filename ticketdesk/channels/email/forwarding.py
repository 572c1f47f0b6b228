"""An agent forwards a customer's mail to the desk: whose ticket it is, one click decides (SEMANTICS 1)."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.email.model import ParsedMail
from ticketdesk.channels.inbound import TURNING
from ticketdesk.contacts import resolving
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import requesting
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.requesting import Original
from ticketdesk.tickets.ticket import Ticket

LONGEST_TEXT = 200_000
LONGEST_LINE = 200
Standing = Literal["open", "made", "kept"]


def offered(parsed: ParsedMail) -> Json | None:
    """What an agent forwarded, to be kept with the message; None for all other mail.

    Only an offer: that the mail bears an agent's address gives nobody any right, the agent who decides has theirs.
    """
    found, sender = parsed.forwarded, parsed.sender
    if found is None or found.sender is None or sender is None or not parsed.sender_known:
        return None
    address = found.sender.address
    if "@" not in address or address == sender.address or without_token(address) in mailboxes.addresses():
        return None
    by_agent = select(Agent.id).where(Agent.email == sender.address, Agent.disabled_at.is_(None))
    if db.session.scalar(by_agent) is None:
        return None
    return {
        "state": "open",
        "address": address,
        "name": found.sender.name.translate(TURNING)[:LONGEST_LINE],
        "subject": found.subject.translate(TURNING)[:LONGEST_LINE],
        "text": found.text[:LONGEST_TEXT],
        "date": found.date.isoformat() if found.date is not None else None,
    }


def give_to_sender(
    ticket: Ticket, message: Message, by: Actor, at: datetime, *, files: Collection[str] = ()
) -> Message:
    """Make the original sender the requester, with those files of the mail, by reference, that were theirs.

    Raises Conflict when that was decided, or cannot be.
    """
    offer = _offer(message)
    if offer["state"] == "made":
        raise Conflict("The original sender is the requester already.")
    sender = resolving.resolve("email", offer["address"], offer["name"], at)
    dated = datetime.fromisoformat(offer["date"]) if offer["date"] else None
    if dated is not None and dated.tzinfo is None:
        dated = None
    original = Original(sender, offer["subject"], offer["text"], dated, frozenset(files))
    made = requesting.change(ticket, message, original, by, at)
    _decide(message, "made")
    return made


def give_back(ticket: Ticket, message: Message, by: Actor, at: datetime) -> Ticket:
    """Make the forwarder the requester again; raises Conflict when something was said since then."""
    if _offer(message)["state"] != "made":
        raise Conflict("The forwarder is the requester already.")
    ticket = requesting.give_back(ticket, message, by, at)
    _decide(message, "open")
    return ticket


def leave(message: Message) -> None:
    """The forwarder is the requester, and nobody is asked any more."""
    if _offer(message)["state"] == "open":
        _decide(message, "kept")


def _offer(message: Message) -> Json:
    found: Json | None = message.facts.get("forwarded")
    if found is None:
        raise Conflict("No agent forwarded this message.")
    return found


def _decide(message: Message, state: Standing) -> None:
    message.facts = {**message.facts, "forwarded": {**_offer(message), "state": state}}
