"""Measuring: how long an agent sat at a ticket, as the page says and as far as the clock on the wall allows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import tokens, turns
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed
from ticketdesk.core.turns import Turn
from ticketdesk.tickets import timekeeping
from ticketdesk.tickets.chain import locked_end
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import MEASURED, TimeSpent

LEAST_S = 5
"""Seconds: a glance is no sitting."""
MOST_S = 8 * 3_600
"""Seconds of one sitting."""
OVER = timedelta(hours=24)
"""Nothing is heard of a sitting that began longer ago."""
PURPOSE = "sitting"
OCTETS = 16


@dataclass(frozen=True, slots=True)
class Sitting:
    """One agent at one ticket since a moment, by a name of its own; only we can make its words."""

    ticket_id: int
    agent_id: int
    began_at: datetime
    key: str

    @property
    def words(self) -> str:
        """What a page says it by, signed."""
        value = f"{self.ticket_id}.{self.agent_id}.{int(self.began_at.timestamp())}.{self.key}"
        return f"{value}.{tokens.sign(tokens.signing_keys()[0], PURPOSE, value, OCTETS)}"

    def is_over(self, agent: Agent, at: datetime) -> bool:
        """Whether another one should begin: on a new day, or after as long as one lasts."""
        days = {timekeeping.day_of(agent, moment) for moment in (self.began_at, at)}
        return len(days) > 1 or at - self.began_at > timedelta(seconds=MOST_S)


def begin(ticket: Ticket, agent: Agent, at: datetime) -> Sitting:
    """A sitting that may be heard of from now on; it is kept when it is."""
    return Sitting(ticket.id, agent.id, at.replace(microsecond=0), tokens.reference())


def read(words: str) -> Sitting:
    """The sitting that a page says; raises Invalid for what was not signed by us."""
    value, _dot, signature = words.rpartition(".")
    if not any(tokens.verify(key, PURPOSE, value, signature, OCTETS) for key in tokens.signing_keys()):
        raise Invalid("This is no sitting.")
    ticket_id, agent_id, began, key = value.split(".")
    return Sitting(int(ticket_id), int(agent_id), datetime.fromtimestamp(int(began), UTC), key)


def hear(sitting: Sitting, ticket: Ticket, agent: Agent, seconds: int, at: datetime) -> TimeSpent | None:
    """So many seconds of a sitting so far: the most that was said counts, said again it adds nothing.

    It grows by no more than what passed since any measured time of the agent last grew, so that several tabs, browsers
    and made-up numbers together never count a second twice. Returns None where there is nothing to keep. Raises
    NotAllowed for an agent who is not measured, Invalid for the sitting of somebody else or at another ticket.
    """
    if not agent.measures_time:
        raise NotAllowed("Your time is not measured; you switched that off in your settings.")
    if (sitting.ticket_id, sitting.agent_id) != (ticket.id, agent.id):
        raise Invalid("This is not your sitting at this ticket.")
    turns.take(Turn.SITTING, agent.id)  # before the row is there, there is none to lock
    spent = db.session.scalars(
        select(TimeSpent)
        .where(TimeSpent.agent_id == agent.id, TimeSpent.sitting == sitting.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    before = (spent.measured_s or 0) if spent is not None else 0
    until = _counted_until(sitting, agent, at)
    passed = int((at - until).total_seconds())
    grows = min(min(seconds, MOST_S) - before, passed)
    if grows <= 0 or at - sitting.began_at > OVER or (spent is not None and spent.removed_at is not None):
        return spent
    if spent is None:
        if grows < LEAST_S:
            return None
        spent = _first(sitting, ticket, agent)
    spent.measured_s = before + grows
    spent.seconds += grows  # what was corrected stays so, and what came after is added
    spent.heard_at = at if grows < passed else until + timedelta(seconds=grows)  # parts of a second are not lost
    return spent


def _first(sitting: Sitting, ticket: Ticket, agent: Agent) -> TimeSpent:
    survivor = locked_end(ticket.id)  # locked, so that a merge under way does not leave it behind
    spent = TimeSpent(
        ticket_id=ticket.id,
        counts_for_id=ticket.id if survivor is None else survivor.id,
        agent_id=agent.id,
        kind=MEASURED,
        sitting=sitting.key,
        day=timekeeping.day_of(agent, sitting.began_at),
        began_at=sitting.began_at,
        seconds=0,
    )
    db.session.add(spent)
    return spent


def _counted_until(sitting: Sitting, agent: Agent, at: datetime) -> datetime:
    """The moment before which every second is counted, or was not said."""
    newest = db.session.scalar(
        select(func.max(TimeSpent.heard_at)).where(
            TimeSpent.agent_id == agent.id, TimeSpent.day >= timekeeping.day_of(agent, at - OVER)
        )
    )
    return sitting.began_at if newest is None else max(newest, sitting.began_at)
