"""What signing in left behind is forgotten, and not too early."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from tests.people import World
from ticketdesk.accounts import links, sessions, signing_in, sweeping
from ticketdesk.accounts.link import SignInLink
from ticketdesk.accounts.session import AgentSession
from ticketdesk.accounts.throttle import Throttle
from ticketdesk.core.db import db


def left() -> tuple[int, ...]:
    return tuple(
        db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Throttle, AgentSession, SignInLink)
    )


def test_only_what_is_long_over_goes(world: World, now: datetime) -> None:
    signing_in.count("alice@desk.example", "192.0.2.1", now)
    ended, _secret = sessions.begin(world.alice, "192.0.2.1", "a browser", now)
    sessions.end(ended, now)
    sessions.begin(world.alice, "192.0.2.1", "a browser", now)
    links.make(world.alice, "password", now)
    db.session.flush()
    sweeping.forget_old(now)
    assert left() == (2, 2, 1)
    sweeping.forget_old(now + timedelta(days=2))
    assert left() == (0, 2, 1)
    sweeping.forget_old(now + timedelta(days=91))
    assert left() == (0, 1, 1)
    sweeping.forget_old(now + timedelta(days=200))
    assert left() == (0, 0, 0)
