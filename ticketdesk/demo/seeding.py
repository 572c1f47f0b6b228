"""Letting a company with a month of work move in: every step played in its order, with the clock set back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.demo import background, company, furnishing, reading, rehearsing, rostering
from ticketdesk.demo.company import Company
from ticketdesk.demo.planning import WEEKS, plan
from ticketdesk.demo.playing import play
from ticketdesk.demo.stage import Stage
from ticketdesk.notifications.notification import Notification
from ticketdesk.tickets.follower import Reading
from ticketdesk.tickets.ticket import Ticket

SEED = 1906
STALE = timedelta(hours=5)
"""What is older has been looked at by everyone."""
PRESENCE: tuple[tuple[str, availability.State, availability.State], ...] = (
    ("Alice", "online", "online"),
    ("Bob", "online", "offline"),
    ("Priya", "online", "online"),
    ("Carol", "away", "away"),
    ("Tom", "online", "offline"),
    ("Ines", "offline", "offline"),
    ("Sam", "online", "offline"),
)
"""Who takes mail, and who takes chats, when a newcomer first looks."""


def seed(now: datetime, number: int = SEED) -> bool:
    """Make the company and its tickets; False, and nothing done, where anybody works already.

    All of it is one transaction: whoever is interrupted begins anew.
    """
    if db.session.scalar(select(Agent.id).limit(1)) is not None:
        return False
    with _all_at_hand(db.session()):
        _move_in(now, number)
    db.session.commit()
    return True


@contextmanager
def _all_at_hand(session: Session) -> Iterator[None]:
    """Let the session keep whatever it has seen: it would forget what nobody uses just now, and read it again."""
    seen: list[object] = []

    def keep(_: Session, thing: object) -> None:
        seen.append(thing)

    for moment in ("pending_to_persistent", "loaded_as_persistent"):
        event.listen(session, moment, keep)
    try:
        yield
    finally:
        for moment in ("pending_to_persistent", "loaded_as_persistent"):
            event.remove(session, moment, keep)


def _move_in(now: datetime, number: int) -> None:
    began = (now - WEEKS).replace(microsecond=0)
    firm = company.found(began, now)
    rostering.arrange(firm, began)
    stage = Stage(firm, furnishing.furnish(firm, began), began)
    clock, improved = began, False
    for step in plan(reading.conversations(), firm.hours, company.TIMEZONE, now, number):
        background.let_pass(clock, step.at)
        clock = step.at
        if not improved and clock > now - company.LATELY:
            company.improve(firm, clock)
            improved = True
        play(step, stage)
    background.let_pass(clock, now)
    _catch_up(firm, now)


def _catch_up(firm: Company, now: datetime) -> None:
    """Everyone has read what is old, says where they are, and the counts are folded."""
    db.session.flush()
    old = db.session.execute(select(Ticket.id, Ticket.last_seq).where(Ticket.updated_at < now - STALE)).all()
    db.session.execute(
        insert(Reading),
        [
            {"ticket_id": ticket.id, "agent_id": agent.id, "seq": ticket.last_seq}
            for ticket in old
            for agent in firm.agents.values()
        ],
    )
    db.session.execute(
        update(Notification).where(Notification.created_at < now - STALE).values(read_at=Notification.created_at)
    )
    for name, mail, chat in PRESENCE:
        availability.state(firm.agents[name], "email", mail, now)
        availability.state(firm.agents[name], "chat", chat, now)
    background.work(now)
    rehearsing.rehearse(firm, now)
    counters.fold()
