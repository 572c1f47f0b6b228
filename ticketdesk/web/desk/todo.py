"""The checklist of a ticket as it stands beside the conversation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, select

from ticketdesk.tickets import checklist
from ticketdesk.tickets.checklist_item import ChecklistItem
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.names import Names
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Line:
    """One of them."""

    id: int
    text: str
    done_by: str | None
    done_at: datetime | None

    @property
    def is_done(self) -> bool:
        """Whether somebody ticked it off."""
        return self.done_at is not None


@dataclass(frozen=True, slots=True)
class Checklist:
    """All of it."""

    lines: list[Line]

    @property
    def progress(self) -> str:
        """How far it is, in a few words; empty where there is none."""
        done = sum(line.is_done for line in self.lines)
        return _("%(done)s of %(all)s", done=done, all=len(self.lines)) if self.lines else ""


def is_begun() -> ScalarSelect[int]:
    """Whether a ticket has a checklist, as a column beside its row."""
    standing = select(ChecklistItem.id).where(ChecklistItem.ticket_id == Ticket.id, ChecklistItem.removed_at.is_(None))
    return standing.limit(1).scalar_subquery()


def of(ticket: Ticket, names: Names) -> Checklist:
    """That of a ticket."""
    return Checklist(
        [
            Line(item.id, item.text, names.agent(item.done_by_id) if item.done_by_id else None, item.done_at)
            for item in checklist.items_of(ticket)
        ]
    )
