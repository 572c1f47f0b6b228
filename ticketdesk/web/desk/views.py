"""The views of the rail: which tickets each shows, what it counts, and when it must look again."""

from dataclasses import dataclass, replace

from flask import url_for
from sqlalchemy import Select, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.routing import projection
from ticketdesk.tickets import visibility
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import UNSOLVED
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import working
from ticketdesk.web.desk.working import Working
from ticketdesk.web.texts import _

PAST = ("solved", "closed")


@dataclass(frozen=True, slots=True)
class View:
    """One place in the rail."""

    name: str
    title: str
    icon: str
    nothing: str
    count: int | None = None
    has_past: bool = False
    is_past: bool = False

    @property
    def address(self) -> str:
        """Where its open tickets are."""
        return url_for("desk.view", name=self.name)

    @property
    def query(self) -> str:
        """What an address of a ticket says of the list beside it."""
        return f"in={self.name}&past=1" if self.is_past else f"in={self.name}"

    @property
    def past_address(self) -> str:
        """Where its solved and closed tickets are."""
        return url_for("desk.view", name=self.name, past=1)


@dataclass(frozen=True, slots=True)
class Rail:
    """Everything on the left."""

    own: list[View]
    queues: list[View]
    aside: list[View]
    topics: list[str]
    working: Working

    @property
    def all(self) -> list[View]:
        """Every view there is for this agent."""
        return [*self.own, *self.queues, *self.aside]

    @property
    def busiest(self) -> View | None:
        """The queue in which most tickets wait."""
        waiting = [view for view in self.queues if view.count]
        return max(waiting, key=lambda view: view.count or 0, default=None)

    def view(self, name: str | None, *, is_past: bool = False) -> View:
        """The view of a name; without one the first queue. Raises NotFound."""
        if name is None:
            return (self.queues or self.own)[0]
        for view in self.all:
            if view.name == name:
                return replace(view, is_past=is_past and view.has_past)
        raise NotFound("There is no such view, or none that you can see.")


def rail(agent: Agent, queues: list[Queue]) -> Rail:
    """The rail with its counts; one query whatever the number of queues."""
    keys = [f"agent:{agent.id}", *projection.load_keys(agent.id).values()]
    for queue in queues:
        keys += [f"queue:{queue.id}", f"queue:{queue.id}:unassigned"]
    counts = counters.read(keys)
    unassigned = sum(counts[f"queue:{queue.id}:unassigned"] for queue in queues)
    quiet = _("No open tickets here.")
    return Rail(
        own=[
            View("mine", _("My tickets"), "user", _("No ticket is yours at the moment."), counts[f"agent:{agent.id}"]),
            View("unassigned", _("Unassigned"), "inbox", _("Every open ticket has an agent."), unassigned),
            View("following", _("Following"), "eye", _("You follow no open ticket.")),
        ],
        queues=[
            View(f"queue-{queue.id}", queue.name, queue.icon, quiet, counts[f"queue:{queue.id}"], has_past=True)
            for queue in queues
        ],
        aside=[
            View("spam", _("Spam"), "mute", _("No ticket is marked as spam.")),
            View("trash", _("Trash"), "x", _("The trash is empty.")),
        ],
        working=working.of(agent, counts),
        topics=[f"agent:{agent.id}", *(f"queue:{queue.id}" for queue in queues)],
    )


def tickets(view: View, agent: Agent) -> Select[Ticket]:
    """The tickets of a view, always among those that the agent may see."""
    wanted = visibility.visible_tickets(agent)
    if view.name == "spam":
        return wanted.where(Ticket.spam_at.is_not(None), Ticket.trashed_at.is_(None))
    if view.name == "trash":
        return wanted.where(Ticket.trashed_at.is_not(None))
    wanted = wanted.where(
        Ticket.category.in_(PAST if view.is_past else UNSOLVED),
        Ticket.spam_at.is_(None),
        Ticket.trashed_at.is_(None),
        Ticket.merged_into_id.is_(None),
    )
    if view.name == "mine":
        return wanted.where(Ticket.assignee_id == agent.id)
    if view.name == "unassigned":
        return wanted.where(Ticket.assignee_id.is_(None))
    if view.name == "following":
        followed = select(Follower.ticket_id).where(Follower.agent_id == agent.id)
        return wanted.where(Ticket.id.in_(followed))
    return wanted.where(Ticket.queue_id == int(view.name.removeprefix("queue-")))


def anything() -> View:
    """No place in the rail: what stands beside a page that shows no list."""
    return View("anything", "", "queue", "")


def queues_of(agent: Agent) -> list[Queue]:
    """The queues on an agent's rail, in order."""
    return list(db.session.scalars(visibility.visible_queues(agent)))
