"""What was being written in a ticket that became part of another meanwhile: where it is kept, and what it answers."""

from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import chain, uniting, visibility
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.drafts import draft_of
from ticketdesk.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft is kept; where it went along, also with which ticket, and what its author knows of that one."""

    ticket: Ticket
    based_on_seq: int | None = None
    begun_in: Ticket | None = None

    @property
    def is_moved(self) -> bool:
        """Whether it went along with its ticket."""
        return self.begun_in is not None


def place_of(ticket: Ticket, agent: Agent, kind: str, known: int, client_key: str | None) -> Place:
    """The ticket itself; for a merged one that which survived, unless the agent wrote something else in it as well.

    `known` and `client_key` are of the window in which it is written, as in `drafts.save`; neither can be left out, or
    what is added there would hang on other words. The ticket is locked.
    """
    survivor = chain.locked_end(ticket.id)
    if survivor is None or survivor.id == ticket.id or draft_of(ticket, agent, kind) is not None:
        return Place(ticket)
    if not allowed(agent, "ticket.draft", visibility.level(agent, survivor)):
        return Place(ticket)
    standing = draft_of(survivor, agent, kind)
    # a draft that began with a file has no words, and hides none
    if standing is None or not standing.text.strip():
        return Place(survivor, _before(ticket, survivor), ticket)
    if standing.revision == known or (client_key and standing.written_in == client_key):
        return Place(survivor, standing.based_on_seq or _before(ticket, survivor), ticket)
    return Place(ticket)


def holding(ticket: Ticket, agent: Agent, kind: str, reference: str) -> tuple[Ticket, Draft]:
    """The agent's draft that a file is on, there or where the ticket went; raises NotFound. The ticket is locked."""
    survivor = chain.locked_end(ticket.id)
    found = db.session.execute(
        select(Ticket, Draft)
        .join(Draft, Draft.ticket_id == Ticket.id)
        .join(Attachment, Attachment.draft_id == Draft.id)
        .where(
            Draft.ticket_id.in_({ticket.id, ticket.id if survivor is None else survivor.id}),
            Draft.agent_id == agent.id,
            Draft.kind == kind,
            Attachment.reference == reference,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such file.")
    return found[0], found[1]


def _before(ticket: Ticket, survivor: Ticket) -> int:
    """The last event of the survivor before the ticket became part of it: what is newer, nobody here has seen."""
    last = ticket
    while last.merged_into_id is not None and last.merged_into_id != survivor.id:
        last = db.session.get_one(Ticket, last.merged_into_id)
    merges = uniting.merges_standing(survivor)
    return next((event.seq - 1 for event in merges if event.data["source_id"] == last.id), 0)
