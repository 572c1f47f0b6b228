"""Two people, one ticket: what happened since somebody began to write that they should see before it goes out."""

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web import formatting
from ticketdesk.web.desk import happenings
from ticketdesk.web.desk import names as called
from ticketdesk.web.desk.names import Names
from ticketdesk.web.texts import _

KINDS = ("message_received", "message_accepted", "reply_sent", "assigned", "merged_from", "merge_undone")
"""A message of the customer, another public reply, another owner, a merge (SEMANTICS 6)."""


def since(ticket: Ticket, agent: Agent, seq: int, *, is_chat: bool = False) -> list[str]:
    """Sentences about what came after an event, the agent's own doing left out; the ticket must be locked.

    In a chat both write at once, and what the visitor says stands above the answer while it is typed, so that need
    not be shown again.
    """
    events = [
        event
        for event in db.session.scalars(
            select(Event)
            .where(Event.ticket_id == ticket.id, Event.seq > seq, Event.kind.in_(KINDS))
            .order_by(Event.seq)
        )
        if not _is_quiet(event, agent) and not (is_chat and event.kind == "message_received")
    ]
    if not events:
        return []
    names, _assignable = called.load([], ticket, [])
    written = _written([event.data["message_id"] for event in events if "message_id" in event.data])
    return [_sentence(event, written, names) for event in events]


def _sentence(event: Event, written: dict[int, tuple[str, str]], names: Names) -> str:
    """One of them: a message by how it begins, anything else by what happened."""
    when = formatting.clock(event.at)
    if event.data.get("message_id") in written:
        who, words = written[event.data["message_id"]]
        return _("%(when)s, %(who)s: “%(words)s”", when=when, who=who, words=words)
    return f"{when}, {happenings.tell(event, names).words}"


def _is_quiet(event: Event, agent: Agent) -> bool:
    """Whether nobody need see it before answering: their own doing, machines, and what is held."""
    if event.actor == agent.actor or event.data.get("automatic") or event.data.get("inert"):
        return True
    return bool(event.data.get("held"))


def _written(message_ids: list[int]) -> dict[int, tuple[str, str]]:
    """Who wrote the messages, and how each begins."""
    rows = db.session.execute(
        select(Message.id, Message.snippet, Agent.name, Identity.name, Identity.value)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .where(Message.id.in_(message_ids))
    )
    return {row[0]: (row[2] or row[3] or row[4] or "–", row[1] or "…") for row in rows}
