"""Telling administrators by mail how the product itself is: never a word of anybody's mail."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import current_app
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import sending_server
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.core import outbox
from ticketdesk.core.config import Config
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.notifications import mailing

TASK = "mail.operating"
LANE = "mail"
PAGES = {"quarantine": "/admin/mail/quarantined", "fetching": "/admin/mailboxes", "sending": "/admin/mailboxes"}


def ask(about: str, facts: Json, now: datetime) -> int:
    """Leave a mail to every administrator in the caller's transaction; returns how many."""
    people = db.session.scalars(
        select(Agent.id).where(Agent.role == "administrator", Agent.disabled_at.is_(None)).order_by(Agent.id)
    ).all()
    for agent_id in people:
        outbox.add(TASK, {**facts, "about": about, "agent_id": agent_id}, due_at=now, lane=LANE)
    return len(people)


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: mail it; raises DeliveryFailed."""
    facts = claim.payload
    agent = db.session.get_one(Agent, facts["agent_id"])
    if not (agent.is_active and agent.is_administrator):
        return "cancelled", "No administrator any more."
    if facts.get("state") == "down" and _is_over(facts):
        return "cancelled", "It works again, and that is told instead."
    mailbox = _mailbox()
    config: Config = current_app.extensions["ticketdesk.config"]
    words = {
        **facts,
        "since": _at(facts["since"], agent) if facts.get("since") else None,
        "link": config.public_url + PAGES[facts["about"]],
        "title": mailbox.name,
        "brand": db.session.get_one(Brand, mailbox.brand_id),
    }
    return mailing.mail(claim, agent, mailbox, "operating", words, now)


def _is_over(facts: Json) -> bool:
    """Whether the outage that a mail tells of has ended while the mail waited."""
    if facts["about"] == "fetching":
        told = db.session.scalar(select(Mailbox.fetch_told_at).where(Mailbox.id == facts["mailbox_id"]))
    else:
        told = db.session.scalar(
            select(SendingServer.told_at).where(SendingServer.mailbox_id.is_not_distinct_from(facts["mailbox_id"]))
        )
    return told is None or told.isoformat() != facts["told_at"]


def _mailbox() -> Mailbox:
    """The mailbox to write from: one whose server works, if there is any, the default one first."""
    mailboxes = db.session.scalars(
        select(Mailbox).where(Mailbox.disabled_at.is_(None)).order_by(Mailbox.is_default.desc(), Mailbox.id)
    ).all()
    if not mailboxes:
        raise DeliveryFailed("There is no mailbox to send from. Add one, then send again.")
    failing = {server for server, row in sending_server.of_all().items() if row.misses}
    works = [found for found in mailboxes if (found.id if found.has_own_server else None) not in failing]
    return (works or mailboxes)[0]


def _at(moment: str, agent: Agent) -> str:
    return str(
        format_datetime(datetime.fromisoformat(moment), "medium", tzinfo=ZoneInfo(agent.timezone), locale=agent.locale)
    )
