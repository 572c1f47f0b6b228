"""The views of the rail: which tickets each shows, what it counts, and when it must look again."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import Select, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.routing import projection
from ticketdesk.tickets import saved_view_conditions, saved_views, visibility
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.saved_view_conditions import Asker
from ticketdesk.tickets.status import DONE, UNSOLVED
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Known
from ticketdesk.web.desk import door, view_counts, working
from ticketdesk.web.desk.working import Working
from ticketdesk.web.texts import _

NOWHERE = "nowhere"
SEARCH = "search"
NOTICES = "notices"
SAVED = "view-"
"""Before the number of a saved view."""


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
    question: str | None = None  # what was typed, where the list is what a search found
    saved: SavedView | None = None  # what somebody put together, where it is that
    is_changeable: bool = False  # by whoever looks

    @property
    def told(self) -> str | None:
        """Its count in words: a saved view is not counted to its end."""
        if self.count is None:
            return None
        return capped(self.count) if self.saved is not None else str(self.count)

    @property
    def order(self) -> str:
        """In which order its tickets come."""
        if self.saved is not None:
            return self.saved.sort
        return "newest" if self.is_past else "due"

    @property
    def address(self) -> str:
        """Where its open tickets are."""
        if self.question is not None:
            return url_for("desk.search", q=self.question or None)
        return url_for("desk.view", name=self.name)

    @property
    def query(self) -> str:
        """What an address of a ticket says of the list beside it."""
        if self.question is not None:
            return urlencode({"in": self.name, "q": self.question})
        return f"in={self.name}&past=1" if self.is_past else f"in={self.name}"

    @property
    def past_address(self) -> str:
        """Where its solved and closed tickets are."""
        return url_for("desk.view", name=self.name, past=1)


@dataclass(frozen=True, slots=True)
class Rail:
    """Everything on the left."""

    own: list[View]
    saved: list[View]
    shared: list[View]
    queues: list[View]
    aside: list[View]
    topics: list[str]
    working: Working

    @property
    def all(self) -> list[View]:
        """Every view there is for this agent."""
        return [*self.own, *self.saved, *self.shared, *self.queues, *self.aside]

    @property
    def busiest(self) -> View | None:
        """The queue in which most tickets wait."""
        waiting = [view for view in self.queues if view.count]
        return max(waiting, key=lambda view: view.count or 0, default=None)

    def has_lost(self, name: str | None) -> bool:
        """Whether a name is that of a saved view that is gone, or not shown to this agent any more."""
        return name is not None and name.startswith(SAVED) and all(view.name != name for view in self.all)

    def view(self, name: str | None, *, is_past: bool = False) -> View:
        """The view of a name; without one the first queue. Raises NotFound."""
        if name is None:
            return (self.queues or self.own)[0]
        for view in self.all:
            if view.name == name:
                return replace(view, is_past=is_past and view.has_past)
        raise NotFound("There is no such view, or none that you can see.")


def capped(count: int) -> str:
    """The count of a saved view in words."""
    return f"{view_counts.MOST - 1}+" if count >= view_counts.MOST else str(count)


def rail(agent: Agent, queues: list[Queue]) -> Rail:
    """The rail with its counts; a few queries whatever the number of queues and views."""
    keys = [f"agent:{agent.id}", *projection.load_keys(agent.id).values()]
    for queue in queues:
        keys += [f"queue:{queue.id}", f"queue:{queue.id}:unassigned", f"queue:{queue.id}:snoozed"]
    counts = counters.read(keys)
    unassigned = sum(counts[f"queue:{queue.id}:unassigned"] for queue in queues)
    snoozed = sum(counts[f"queue:{queue.id}:snoozed"] for queue in queues)
    quiet = _("No open tickets here.")
    saved = _saved(agent)
    return Rail(
        own=[
            View("mine", _("My tickets"), "user", _("No ticket is yours at the moment."), counts[f"agent:{agent.id}"]),
            View("unassigned", _("Unassigned"), "inbox", _("Every open ticket has an agent."), unassigned),
            View("following", _("Following"), "eye", _("You follow no open ticket.")),
            View("snoozed", _("Snoozed"), "snooze", _("No ticket is put away until later."), snoozed),
        ],
        saved=[view for view in saved if view.saved is not None and not view.saved.is_shared],
        shared=[view for view in saved if view.saved is not None and view.saved.is_shared],
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


def tickets(view: View, agent: Agent, now: datetime) -> Select[Ticket]:
    """The tickets of a view, always among those that the agent may see."""
    if view.saved is not None:
        asker = Asker(visibility.reader(agent), now)
        return saved_view_conditions.tickets(saved_views.wanted(view.saved), asker)
    return _of_place(view.name, visibility.reader(agent), is_past=view.is_past)


@lru_cache(maxsize=2_000)
def _of_place(name: str, agent: Known, *, is_past: bool) -> Select[Ticket]:
    """The tickets of a place that everybody has; built once, as above."""
    wanted = visibility.visible_tickets(agent)
    if name == "spam":
        return wanted.where(Ticket.spam_at.is_not(None), Ticket.trashed_at.is_(None))
    if name == "trash":
        return wanted.where(Ticket.trashed_at.is_not(None))
    wanted = wanted.where(
        Ticket.category.in_(DONE if is_past else UNSOLVED),
        Ticket.spam_at.is_(None),
        Ticket.trashed_at.is_(None),
        Ticket.merged_into_id.is_(None),
    )
    if name == "snoozed":
        return wanted.where(Ticket.snoozed_until.is_not(None))
    wanted = wanted.where(Ticket.snoozed_until.is_(None))
    if name == "mine":
        return wanted.where(Ticket.assignee_id == agent.id)
    if name == "unassigned":
        return wanted.where(Ticket.assignee_id.is_(None))
    if name == "following":
        followed = select(Follower.ticket_id).where(Follower.agent_id == agent.id)
        return wanted.where(Ticket.id.in_(followed))
    return wanted.where(Ticket.queue_id == int(name.removeprefix("queue-")))


def beside(rail: Rail, name: str | None) -> View:
    """Where the rail stands: `nowhere` beside a page that shows no list. Raises NotFound."""
    if name == NOTICES:
        return notices()
    return nowhere() if name in (NOWHERE, SEARCH) or rail.has_lost(name) else rail.view(name)


def searched(question: str) -> View:
    """What a search found; it has no place in the rail."""
    return View(SEARCH, _("Search"), "search", "", question=question)


def notices() -> View:
    """The page of one's notices, which is no list of tickets."""
    return View(NOTICES, "", "bell", "")


def nowhere() -> View:
    """No place in the rail: what stands beside a page that shows no list."""
    return View(NOWHERE, "", "queue", "")


def _saved(agent: Agent) -> list[View]:
    """The saved views that an agent has, with what is known of their counts."""
    found = db.session.scalars(saved_views.seen_by(visibility.reader(agent))).all()
    counts = view_counts.of(found, agent, door.now())
    quiet = _("No ticket fits this view at the moment.")
    return [
        View(
            f"{SAVED}{one.id}",
            one.name,
            one.icon,
            quiet,
            counts.get(one.id),
            saved=one,
            is_changeable=saved_views.may_change(agent, one),
        )
        for one in found
    ]


def queues_of(agent: Agent) -> list[Queue]:
    """The queues on an agent's rail, in order."""
    return list(db.session.scalars(_queues(visibility.reader(agent))))


@lru_cache(maxsize=500)
def _queues(agent: Known) -> Select[Queue]:
    """Built once for each who asks: building costs more than asking."""
    return visibility.visible_queues(agent)
