"""Harrow & Pine, makers of garden furniture: who works there, when, and how its work is parted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ticketdesk.accounts import passwords, people, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team
from ticketdesk.brands import editing as brands
from ticketdesk.brands.brand import Brand
from ticketdesk.calendars import almanac, sources
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.calendars.hours import always
from ticketdesk.calendars.rules import History, from_stored
from ticketdesk.channels import mailboxes
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import editing as promises
from ticketdesk.sla.policies import Metric
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets.queue import Queue

PASSWORD = "garden bench 1906"  # noqa: S105  # printed at every start of a demo, and refused in production
PEOPLE = (
    ("ada@example.com", "Ada Marsh", "administrator", ()),
    ("sam@example.com", "Sam Whitfield", "supervisor", ("Care", "Orders")),
    ("alice@example.com", "Alice Moreno", "agent", ("Care",)),
    ("bob@example.com", "Bob Lindqvist", "agent", ("Care",)),
    ("priya@example.com", "Priya Nair", "agent", ("Care", "Orders")),
    ("carol@example.com", "Carol Adeyemi", "agent", ("Orders",)),
    ("tom@example.com", "Tom Okafor", "agent", ("Orders",)),
    ("ines@example.com", "Ines Duarte", "agent", ("Orders",)),
)
SIGN_INS = (("agent", PEOPLE[2][0]), ("supervisor", PEOPLE[1][0]), ("administrator", PEOPLE[0][0]))
"""Whom a newcomer may sign in as, all with PASSWORD."""
DELIVERY = "Delivery & damage"
ORDERS = "Orders & refunds"
CARE = "Care & spare parts"
QUEUES = (
    (DELIVERY, "Care", "truck", "manual"),
    (ORDERS, "Orders", "card", "round_robin"),
    (CARE, "Care", "chair", "most_spare"),
)
MAILBOXES = (
    (DELIVERY, "support@example.com", "Harrow & Pine"),
    (ORDERS, "orders@example.com", "Harrow & Pine Orders"),
    (CARE, "care@example.com", "Harrow & Pine Care"),
)
TIMEZONE = "Europe/London"
COUNTRY, PART, LANGUAGE = "GB", "ENG", "en_GB"
"""Whose holidays are kept."""
WEEK = [[[8 * 60, 19 * 60]]] * 5 + [[[9 * 60, 17 * 60]], [[10 * 60, 16 * 60]]]
"""Gardens are bought for at weekends, so somebody is there on each day."""
STOCKTAKING = [[8 * 60, 13 * 60]]
"""An afternoon soon on which nobody answers."""
AHEAD = timedelta(days=2)
LATELY = timedelta(days=7)
_ALWAYS = [[[0, 24 * 60]]] * 7

_MINUTE, _HOUR = 60, 3600
Targets = dict[str, dict[Metric, int]]
STANDARD: Targets = {
    "urgent": {"first_response": _HOUR, "next_response": _HOUR, "resolution": 8 * _HOUR},
    "high": {"first_response": 2 * _HOUR, "next_response": _HOUR, "resolution": 16 * _HOUR},
    "normal": {"first_response": 4 * _HOUR, "next_response": 4 * _HOUR, "resolution": 32 * _HOUR},
    "low": {"first_response": 8 * _HOUR, "next_response": 8 * _HOUR, "resolution": 60 * _HOUR},
}
URGENT: Targets = {"urgent": {"first_response": 30 * _MINUTE, "next_response": 30 * _MINUTE, "resolution": 8 * _HOUR}}
CHAT: Targets = {
    priority: {"first_response": 2 * _MINUTE, "next_response": 5 * _MINUTE, "resolution": 16 * _HOUR}
    for priority in ("high", "normal", "low")
}
"""Who chats waits for us at that moment."""
STEPS: tuple[dict[str, Any], ...] = (
    {"metric": "resolution", "offset_s": -2 * _HOUR, "recipients": ["assignee"]},
    {
        "metric": "first_response",
        "offset_s": 30 * _MINUTE,
        "recipients": ["supervisors"],
        "actions": [{"do": "priority", "to": "high"}],
        "urgent": True,
    },
    {
        "metric": "resolution",
        "offset_s": 4 * _HOUR,
        "recipients": ["assignee", "supervisors"],
        "actions": [{"do": "tag", "to": "overdue"}],
    },
)
"""What is done about a ticket that lies too long."""


@dataclass(frozen=True, slots=True)
class Company:
    """What the conversations need to know."""

    brand: Brand
    agents: dict[str, Agent]  # by first name
    queues: dict[str, Queue]
    mailboxes: dict[str, Mailbox]  # by queue
    teams: dict[str, tuple[Agent, ...]]  # by queue: who answers there
    crews: dict[str, Team]  # by name
    hours: History


def hours(exceptions: Sequence[Any] = (), holidays: Sequence[Any] = ()) -> History:
    """When the company is open, as the plan reckons with it."""
    return always(from_stored(TIMEZONE, WEEK, exceptions, holidays))


def found(at: datetime, now: datetime) -> Company:
    """Make the company as it stood at a moment in the past; some days after `now` are planned by then."""
    look = brands.Setup("Harrow & Pine", "harrow-pine", locale="en_GB", timezone=TIMEZONE, colour="#22483b")
    brand = brands.create(look, SYSTEM, at)
    made = {name: teams.create(name, SYSTEM, at) for name in ("Care", "Orders")}
    agents = {}
    for email, name, role, of in PEOPLE:
        agent = people.create(email, name, role, SYSTEM, at)
        agent.timezone, agent.locale = TIMEZONE, "en_GB"
        passwords.choose(agent, PASSWORD, SYSTEM, at)
        people.change_teams(agent, [made[team].id for team in of], SYSTEM, at)
        agents[name.split()[0]] = agent
    queues = {}
    for position, (name, team, icon, strategy) in enumerate(QUEUES):
        queues[name] = Queue(
            brand_id=brand.id,
            team_id=made[team].id,
            name=name,
            icon=icon,
            position=position,
            strategy=strategy,
            created_at=at,
        )
    db.session.add_all(queues.values())
    db.session.flush()
    business = _open(agents["Ada"], at, now)
    _promise(agents["Ada"], business, at)
    quiet = {
        queue: mailboxes.create(
            address, mailboxes.Setup(name, queues[queue].id, acknowledges=False), agents["Ada"].actor, at
        )
        for queue, address, name in MAILBOXES
    }
    answering = {
        name: tuple(agents[who.split()[0]] for _, who, role, of in PEOPLE if team in of and role == "agent")
        for name, team, _, _ in QUEUES
    }
    rules = calendars.current(business.id)
    return Company(brand, agents, queues, quiet, answering, made, hours(list(rules.exceptions), list(rules.holidays)))


def improve(firm: Company, at: datetime) -> None:
    """What was decided lately: customers hear that their mail has come and when an answer will be late, and agents when
    a deadline is near.
    """
    ada = firm.agents["Ada"].actor
    for mailbox in firm.mailboxes.values():
        mailboxes.change(mailbox, mailboxes.Setup(mailbox.name, mailbox.queue_id), ada, at)
    for policy in db.session.scalars(select(SlaPolicy).order_by(SlaPolicy.id)):
        words = replace(promises.words_of(promises.in_force(policy.id)), warn_percent=25)
        if policy.name == "Standard":
            words = replace(words, steps=STEPS, tells_ahead=True)
        promises.change(policy, words, ada, at)


def _open(ada: Agent, at: datetime, now: datetime) -> Calendar:
    """The hours of business, closed on the country's holidays, and one afternoon off that is to come."""
    first, last = sources.years(at)
    days = almanac.country(COUNTRY, PART, first, last, LANGUAGE)["days"]
    soon = (now + AHEAD).astimezone(ZoneInfo(TIMEZONE)).date()
    closed = {day["date"] for day in days}
    while soon.weekday() > 4 or soon.isoformat() in closed:
        soon += timedelta(days=1)
    off = [{"date": soon.isoformat(), "name": "Stocktaking", "open": STOCKTAKING}]
    business = calendars.create("Business hours", TIMEZONE, WEEK, ada.actor, at, exceptions=off)
    sources.add_country(business, COUNTRY, PART, LANGUAGE, days, ada.actor, at)
    return business


def _promise(ada: Agent, business: Calendar, at: datetime) -> list[SlaPolicy]:
    """Say by when customers are answered: emergencies day and night, everything else in the hours of business."""
    around = calendars.create("Day and night", TIMEZONE, _ALWAYS, ada.actor, at)
    standard = promises.create(
        "Standard", promises.Words(business.id, STANDARD, warn_percent=0, chat_targets=CHAT), ada.actor, at
    )
    urgent = promises.create(
        "Urgent", promises.Words(around.id, URGENT, {"priority": ["urgent"]}, warn_percent=0), ada.actor, at
    )
    return promises.reorder([urgent.id, standard.id], ada.actor, at)
