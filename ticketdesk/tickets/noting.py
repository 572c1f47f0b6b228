"""Notes: what agents tell each other beside a ticket."""

from collections.abc import Sequence
from datetime import datetime

from ticketdesk.accounts.agent import Agent
from ticketdesk.tickets import drafts, timeline, writing
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile, place, snippet
from ticketdesk.tickets.ticket import Ticket


def note(
    ticket: Ticket,
    agent: Agent,
    text: str,
    *,
    at: datetime,
    mentioned: Sequence[int] = (),
    files: Sequence[NewFile] = (),
    draft: Draft | None = None,
    draft_known: int | None = None,
    client_key: str | None = None,
) -> Message:
    """An agent writes to colleagues; it never leaves the desk and stops no clock. Raises Invalid for an empty text."""
    ticket = lock_one(ticket.id)
    made = writing.made_before(client_key)
    if made is not None:
        return made
    writing.check_whole(ticket)
    message = writing.keep(
        {
            "kind": "note",
            "direction": "out",
            "channel": ticket.channel,
            "agent_id": agent.id,
            "text": writing.words(text),
            "snippet": snippet(text),
            "client_key": client_key,
            "written_at": at,
        },
        (),
        (),
        files,
        at,
    )
    if draft is not None:
        drafts.hand_over(draft, message, draft_known)
    place(message, ticket, at, author=agent.name)
    timeline.record(
        ticket, "note_added", agent.actor, at, {"message_id": message.id, "mentioned": sorted(set(mentioned))}
    )
    return message
