"""Macros are written, kept away, and used: their words filled for one ticket, their changes made to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team, teams_of
from ticketdesk.automation import suggesting
from ticketdesk.automation.macro import Macro
from ticketdesk.core import audit, counters
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import assignment, meanings, placeholders, priority, progress, tagging
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.status import PRIORITIES, default_status
from ticketdesk.tickets.ticket import Ticket

LONGEST_NAME = 80
LONGEST_TEXT = 20_000
MOST_TAGS = 10
CATEGORIES = ("open", "pending", "on_hold", "solved")


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a macro says and does."""

    name: str
    text: str = ""
    category: str | None = None
    priority: str | None = None
    tags: Sequence[str] = ()
    assigns: bool = False
    team_id: int | None = None


def create(setup: Setup, by: Actor, at: datetime) -> Macro:
    """Write a macro; raises Invalid."""
    macro = Macro(name="", created_at=at)
    _write(macro, setup)
    db.session.add(macro)
    db.session.flush()
    audit.note("macro_created", "macro", macro.id, by, at)
    return macro


def change(macro: Macro, setup: Setup, by: Actor, at: datetime) -> Macro:
    """Let a macro say or do something else from now on; raises Invalid."""
    db.session.execute(select(Macro.id).where(Macro.id == macro.id).with_for_update())
    _write(macro, setup)
    audit.note("macro_changed", "macro", macro.id, by, at)
    return macro


def archive(macro: Macro, by: Actor, at: datetime) -> None:
    """Offer a macro no longer."""
    if macro.archived_at is None:
        macro.archived_at = at
        audit.note("macro_archived", "macro", macro.id, by, at)


def restore(macro: Macro, by: Actor, at: datetime) -> None:
    """Offer a macro again; raises Conflict when another has its name by now."""
    if macro.archived_at is None:
        return
    if _is_taken(macro.name, macro.id):
        raise Conflict("Another macro has this name by now. Rename that one first.")
    macro.archived_at = None
    audit.note("macro_restored", "macro", macro.id, by, at)


def usable(agent: Agent) -> Select[Macro]:
    """The macros an agent is offered, by name: everybody's and those of their teams; administrators are offered all."""
    wanted = select(Macro).where(Macro.archived_at.is_(None)).order_by(Macro.name, Macro.id)
    if agent.is_administrator:
        return wanted
    return wanted.where(or_(Macro.team_id.is_(None), Macro.team_id.in_(teams_of(agent.id))))


def use(macro: Macro, ticket: Ticket, agent: Agent, at: datetime) -> str:
    """Make the macro's changes to a ticket, and return its words filled for it; raises Conflict for a closed ticket,
    and Unfilled for one that it would solve before all is said.

    What is so already is left alone. Whether the agent may make each change is for the caller to ask.
    """
    ticket = lock_one(ticket.id)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed and stays as it is.")
    if macro.assigns:
        assignment.assign(ticket, agent, agent.actor, at)
    if macro.priority is not None:
        priority.change_priority(ticket, macro.priority, agent.actor, at)
    if macro.tags:
        tagging.change_tags(ticket, macro.tags, (), agent.actor, at)
    if macro.category is not None:
        progress.choose(ticket, default_status(macro.category), agent.actor, at)
    counters.move((), (counter(macro.id),))
    suggesting.remember(macro.id, ticket.id, at)
    return words(macro.text, ticket, agent)


def words(text: str, ticket: Ticket, agent: Agent) -> str:
    """A macro's text as it reads in one ticket."""
    return placeholders.filled(text, meanings.of(ticket, agent))


def counter(macro_id: int) -> str:
    """Under which name its uses are counted."""
    return f"macro:{macro_id}"


def _write(macro: Macro, setup: Setup) -> None:
    name = " ".join(setup.name.split())
    text = setup.text.replace("\r\n", "\n").strip()
    tags = sorted({"-".join(tag.lower().split()) for tag in setup.tags} - {""})
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give a name of at most {LONGEST_NAME} letters.", "name")
    if macro.archived_at is None and _is_taken(name, macro.id):
        raise Invalid("Another macro has this name.", "name")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"This is too long: at most {LONGEST_TEXT:,} letters fit.", "text")
    if strange := placeholders.unknown(text):
        raise Invalid(f"{{{{ {strange[0]} }}}} stands for nothing. Use one of the words in the list.", "text")
    if len(tags) > MOST_TAGS or any(len(tag) > tagging.LONGEST for tag in tags):
        raise Invalid(f"At most {MOST_TAGS} tags, each of at most {tagging.LONGEST} letters.", "tags")
    if setup.category not in (None, *CATEGORIES):
        raise Invalid("Choose one of the statuses.", "category")
    if setup.priority not in (None, *PRIORITIES):
        raise Invalid("Choose one of the priorities.", "priority")
    if setup.team_id is not None and db.session.get(Team, setup.team_id) is None:
        raise Invalid("There is no such team.", "team")
    if not (text or tags or setup.category or setup.priority or setup.assigns):
        raise Invalid("A macro needs words, or something to do.", "text")
    macro.name, macro.text, macro.tags = name, text, tags
    macro.category, macro.priority = setup.category, setup.priority
    macro.assigns, macro.team_id = setup.assigns, setup.team_id


def _is_taken(name: str, own_id: int | None) -> bool:
    other = select(Macro.id).where(Macro.name == name, Macro.archived_at.is_(None), Macro.id.is_distinct_from(own_id))
    return db.session.scalar(other.limit(1)) is not None
