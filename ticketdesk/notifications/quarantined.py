"""No silent quarantine: administrators hear how many mails were set aside and why, at most once an hour."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.core.turns import Turn
from ticketdesk.notifications import operating

APART = timedelta(hours=1)
MOST_REASONS = 5


def tell(now: datetime) -> int:
    """The periodic job: tell of what is new in quarantine, unless the last mail is too fresh; returns how many mails.

    A mail that was tried again in vain is not told of a second time.
    """
    turns.take(Turn.QUARANTINE, 0)
    last = db.session.scalar(select(func.max(RawMail.told_at)).where(RawMail.told_at.is_not(None)))
    if last is not None and now - last < APART:
        return 0
    reasons = db.session.scalars(
        update(RawMail)
        .where(RawMail.state == "quarantined", RawMail.told_at.is_(None))
        .values(told_at=now)
        .returning(RawMail.reason),
        execution_options={"synchronize_session": False},
    ).all()
    if reasons:
        operating.ask("quarantine", {"many": len(reasons), "reasons": counted(reasons)}, now)
    return len(reasons)


def counted(reasons: Iterable[str | None]) -> list[list[object]]:
    """The commonest reasons with their numbers; what stands behind a colon may be words of the mail and is left out."""
    found = Counter((reason or "").partition(":")[0].strip() for reason in reasons)
    return [[reason, many] for reason, many in found.most_common(MOST_REASONS)]
