"""Harrow & Pine, makers of garden furniture: who works there and how its work is parted."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.accounts import passwords, people, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
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
)
SIGN_INS = (("agent", PEOPLE[2][0]), ("supervisor", PEOPLE[1][0]), ("administrator", PEOPLE[0][0]))
"""Whom a newcomer may sign in as, all with PASSWORD."""
QUEUES = (
    ("Delivery & damage", "Care", "truck", "manual"),
    ("Orders & refunds", "Orders", "card", "manual"),
    ("Care & spare parts", "Care", "chair", "round_robin"),
)


@dataclass(frozen=True, slots=True)
class Company:
    """What the conversations need to know."""

    brand: Brand
    agents: dict[str, Agent]  # by first name
    queues: dict[str, Queue]
    mailboxes: dict[str, Mailbox]  # by queue


def found(at: datetime) -> Company:
    """Make the company as it stood at a moment in the past."""
    brand = Brand(
        name="Harrow & Pine",
        slug="harrow-pine",
        locale="en_GB",
        timezone="Europe/London",
        is_default=True,
        created_at=at,
    )
    db.session.add(brand)
    made = {name: teams.create(name, SYSTEM, at) for name in ("Care", "Orders")}
    agents = {}
    for email, name, role, of in PEOPLE:
        agent = people.create(email, name, role, SYSTEM, at)
        agent.timezone, agent.locale = "Europe/London", "en_GB"
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
    defaults.create(SYSTEM, at, timezone="Europe/London")
    mailboxes = {
        queue: Mailbox(
            brand_id=brand.id,
            queue_id=queues[queue].id,
            address=address,
            name=name,
            is_default=address == "support@example.com",
            created_at=at,
        )
        for queue, address, name in (
            ("Delivery & damage", "support@example.com", "Harrow & Pine"),
            ("Orders & refunds", "orders@example.com", "Harrow & Pine Orders"),
            ("Care & spare parts", "care@example.com", "Harrow & Pine Care"),
        )
    }
    db.session.add_all(mailboxes.values())
    db.session.flush()
    return Company(brand, agents, queues, mailboxes)
