"""One-time links: made for one person, shown any number of times, used once."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.link import SignInLink
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound

Purpose = Literal["sign_in", "password"]
LIFE = timedelta(days=2)


def make(agent: Agent, purpose: Purpose, now: datetime) -> str:
    """A new link for one purpose, which makes earlier ones void; returns the secret that goes into the address."""
    revoke(agent.id, now)
    secret = tokens.fresh()
    db.session.add(
        SignInLink(
            agent_id=agent.id,
            purpose=purpose,
            digest=tokens.digest(secret),
            created_at=now,
            expires_at=now + LIFE,
            used_at=None,
        )
    )
    db.session.flush()
    return secret


def look(secret: str, now: datetime) -> tuple[SignInLink, Agent]:
    """The link of a secret and whom it is for, without using it; raises NotFound when it is good for nothing."""
    found = db.session.execute(
        select(SignInLink, Agent)
        .join(Agent, Agent.id == SignInLink.agent_id)
        .where(
            SignInLink.digest == tokens.digest(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            Agent.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("This link has been used or is too old. Ask an administrator for another.")
    return found[0], found[1]


def use(secret: str, now: datetime) -> Agent:
    """Spend a link; of several at the same moment one succeeds, the others raise NotFound."""
    link, agent = look(secret, now)
    spent = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=now)
        .returning(SignInLink.id)
    ).scalar_one_or_none()
    if spent is None:
        raise NotFound("This link has been used or is too old. Ask an administrator for another.")
    return agent


def revoke(agent_id: int, at: datetime) -> None:
    """Make every open link of an agent void."""
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.agent_id == agent_id, SignInLink.used_at.is_(None))
        .values(expires_at=at)
        .execution_options(synchronize_session=False)
    )
