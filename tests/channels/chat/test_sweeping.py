"""Which visitors are forgotten, and when a secret is good for nothing any more."""

from datetime import datetime

from sqlalchemy import select

from tests.channels.chat.talks import comes, widget_of
from tests.channels.mails import later
from tests.people import World
from ticketdesk.channels.chat import sweeping, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db


def test_who_never_wrote_is_forgotten_and_who_did_is_known_for_long(world: World, now: datetime) -> None:
    widget = widget_of(world)
    silent, talker = comes(widget, now), comes(widget, now)
    talker.says("Hello", now)
    assert sweeping.forget_old(later(now, days=1)) == 0
    assert sweeping.forget_old(later(now, days=3)) == 1
    db.session.commit()
    assert db.session.scalars(select(Visitor.id)).all() == [talker.visitor_id]
    assert visiting.find(widget, silent.secret) is None
    assert visiting.find(widget, talker.secret) is not None
    assert sweeping.forget_old(later(now, days=181)) == 1
    db.session.commit()
    assert visiting.find(widget, talker.secret) is None
    assert sweeping.forget_old(later(now, days=182)) == 0
