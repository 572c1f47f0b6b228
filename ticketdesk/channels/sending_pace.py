"""How fast mail may go to one server: two talks at once, and so many mails a minute; counted in the database."""

from datetime import datetime, timedelta

from sqlalchemy import case, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core import outbox
from ticketdesk.core.db import Model, db
from ticketdesk.core.outbox import Claim, NotYet

MOST_A_MINUTE = 600
"""Where nothing else was said of a server."""
SOON = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class SendingPace(Model):
    """What one server was given in the present minute; the row is also the turn in which its places are counted."""

    __tablename__ = "sending_paces"

    server: Mapped[str] = mapped_column(primary_key=True)  # host and port
    minute: Mapped[datetime]  # its beginning
    begun: Mapped[int]  # mails in it


def begin(claim: Claim, server: str, most: int | None, now: datetime, leased_until: datetime) -> bool:
    """Take a place at a server for one mail; the caller commits at once. False when the lease is another's by now.

    Raises NotYet while the server has no place left, or has had its mails of this minute.
    """
    minute = now.replace(second=0, microsecond=0)
    given = insert(SendingPace).values(server=server, minute=minute, begun=1)
    same = SendingPace.minute >= given.excluded.minute
    taken = db.session.scalar(
        given.on_conflict_do_update(
            index_elements=[SendingPace.server],
            set_={
                "minute": case((same, SendingPace.minute), else_=given.excluded.minute),
                "begun": case((same, SendingPace.begun + 1), else_=1),
            },
            where=or_(~same, SendingPace.begun < (most or MOST_A_MINUTE)),
        ).returning(SendingPace.begun)
    )
    if taken is None:
        raise NotYet(max(minute + MINUTE, now + SOON), server)
    # The row above is ours until the commit, so nobody else counts meanwhile.
    if outbox.talks(server) >= outbox.PLACES:
        raise NotYet(now, server)  # whoever takes the next row passes over it until a place is free
    return outbox.mark(claim, leased_until=leased_until, server=server, stage=outbox.STAGE_TALK)
