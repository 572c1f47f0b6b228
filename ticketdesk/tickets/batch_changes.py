"""What can be done with many tickets at once, each by the verb that does it with one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import assignment, filling, moving, priority, progress, tagging
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import Status, default_status
from ticketdesk.tickets.ticket import Ticket

PERMISSIONS = {
    "assignee": "ticket.assign",
    "status": "ticket.status",
    "priority": "ticket.priority",
    "queue": "ticket.queue",
    "tags": "ticket.tag",
    "merge": "ticket.merge",
    "macro": "ticket.reply",
    "fields": "ticket.fields",
}


class Elsewhere(Conflict):
    """Whoever is to have the ticket does not work on its queue."""


class NotAsked(Conflict):
    """The queue of the ticket does not ask the field."""


class Change(Protocol):
    """One change; `kind` is the property that it is about."""

    kind: ClassVar[str]

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Do it with one ticket; raises what its verb raises."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Give to an agent, or back to the queue; `queue_ids` are those whose tickets the agent may be given, None all."""

    agent: Agent | None
    queue_ids: frozenset[int] | None = None
    kind: ClassVar[str] = "assignee"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises Elsewhere besides what the verb raises."""
        if self.queue_ids is not None and ticket.queue_id not in self.queue_ids:
            raise Elsewhere(f"#{ticket.number} is in a queue on which they do not work.")
        return assignment.assign(ticket, self.agent, by, at)


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Give a status."""

    status: Status
    kind: ClassVar[str] = "status"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        return progress.choose(ticket, self.status, by, at)


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Give the usual status of a category."""

    category: str
    kind: ClassVar[str] = "status"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        if ticket.category == self.category:
            return ticket
        return progress.choose(ticket, default_status(self.category), by, at)


@dataclass(frozen=True, slots=True)
class Solve:
    """The matter is done."""

    kind: ClassVar[str] = "status"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        return progress.choose(ticket, default_status("solved"), by, at)


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Give a priority."""

    priority: str
    kind: ClassVar[str] = "priority"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        return priority.change_priority(ticket, self.priority, by, at)


@dataclass(frozen=True, slots=True)
class Move:
    """Hand to a queue."""

    queue: Queue
    kind: ClassVar[str] = "queue"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        return moving.move(ticket, self.queue, by, at)


@dataclass(frozen=True, slots=True)
class ChangeTags:
    """Put tags on and take others off."""

    add: Collection[str] = ()
    remove: Collection[str] = ()
    kind: ClassVar[str] = "tags"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises what the verb raises."""
        return tagging.change_tags(ticket, self.add, self.remove, by, at)


@dataclass(frozen=True, slots=True)
class SetField:
    """Say something in a field of one's own; `queue_ids` are the queues that ask it, None all."""

    field: TicketField
    typed: Sequence[str]
    reader: Agent
    queue_ids: frozenset[int] | None = None
    kind: ClassVar[str] = "fields"

    def carry_out(self, ticket: Ticket, by: Actor, at: datetime) -> Ticket:
        """Raises NotAsked besides what the verb raises, and Conflict for a closed ticket."""
        if self.queue_ids is not None and ticket.queue_id not in self.queue_ids:
            raise NotAsked(f"#{ticket.number} is in a queue that does not ask “{self.field.label}”.")
        if ticket.category == "closed":
            raise Conflict(f"#{ticket.number} is closed and stays as it is.")
        return filling.set_fields(ticket, {self.field: self.typed}, by, at, self.reader)
