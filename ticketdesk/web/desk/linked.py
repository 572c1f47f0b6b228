"""The tickets that are linked with one, as they stand beside it: only those that the agent may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import linking
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.texts import _

ORDER = ("problem", "incident", "original", "duplicate", "related")
"""In which they are shown, and offered."""


@dataclass(frozen=True, slots=True)
class Linked:
    """One of them."""

    role: str
    number: int
    subject: str
    status: str
    is_done: bool

    @property
    def called(self) -> str:
        """What it is to the ticket."""
        return is_called(self.role)


def of(ticket: Ticket, agent: Agent) -> list[Linked]:
    """All that the agent may see, by what they are to the ticket."""
    found = linking.links_of(ticket, agent)
    names = _statuses([other for _role, other in found])
    rows = [
        Linked(role, other.number, other.subject, names[other.status_id], other.category in ("solved", "closed"))
        for role, other in found
    ]
    return sorted(rows, key=lambda one: ORDER.index(one.role))


def is_called(role: str) -> str:
    """What another ticket is to this one."""
    return {
        "problem": _("Problem behind it"),
        "incident": _("Incidents"),
        "original": _("Duplicate of"),
        "duplicate": _("Duplicates"),
        "related": _("Related"),
    }[role]


def offers() -> list[tuple[str, str]]:
    """What can be said of another ticket, in a word for each."""
    words = {
        "related": _("is related"),
        "original": _("says the same and stays; this one is its duplicate"),
        "duplicate": _("is a duplicate of this one"),
        "problem": _("is the problem behind this one"),
        "incident": _("is an incident of this problem"),
    }
    return [(role, words[role]) for role in ("related", "original", "duplicate", "problem", "incident")]


def _statuses(tickets: Sequence[Ticket]) -> dict[int, str]:
    ids = {ticket.status_id for ticket in tickets}
    return {row.id: row.name for row in db.session.scalars(select(Status).where(Status.id.in_(ids)))} if ids else {}
