"""Visitors: how they come, are known again, stay and leave."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update

from ticketdesk.accounts import throttling
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import introduction, topics
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed, Refused
from ticketdesk.core.kept import kept

SEEN_EVERY = timedelta(seconds=30)
"""How often it is written down that a visitor is there."""
FRESH = timedelta(seconds=90)
"""How long after that a visitor whose browser says nothing more is believed to be there."""
LONGEST_PAGE = 2000
MOST_PAGES = 10
"""Earlier pages of a visitor that are kept."""
VISITS = (300, timedelta(minutes=1))
"""So many visits of one widget may begin in so much time, from everywhere together."""


class TooFast(Refused):
    """More than a person does; later it will be taken."""


def begin(
    widget: Widget, *, name: str, email: str, page: str, referrer: str, at: datetime, topic: str = ""
) -> tuple[Visitor, str]:
    """A visitor comes: the row, and the secret by which this browser is known from now on.

    Raises Invalid for what is asked and missing, for no address and for a topic that is none of the widget's, and
    TooFast.
    """
    most, window = VISITS
    if throttling.count(f"chat visits:{widget.id}", window, at) > most:
        raise TooFast("There are too many visitors at this moment. Please try again in a minute.")
    if widget.ask_name == "required" and not name:
        raise Invalid("Please say your name.", "name")
    if widget.ask_email == "required" and not email:
        raise Invalid("Please give an address for the answer.", "email")
    secret = tokens.fresh()
    check_may_write(widget, None)
    topics.check(widget, topic)
    visitor = Visitor(
        widget_id=widget.id,
        token_sha256=tokens.digest(secret),
        name=introduction.name(name),
        email=introduction.address(email) if email else None,
        topic=topic or None,
        page=page[:LONGEST_PAGE] or None,
        referrer=referrer[:LONGEST_PAGE] or None,
        last_seen_at=at,
        created_at=at,
    )
    db.session.add(visitor)
    db.session.flush()
    return visitor, secret


def check_may_write(widget: Widget, visitor: Visitor | None) -> None:
    """Raises NotAllowed where only those may write whom the site signs for."""
    if widget.signed_only and (visitor is None or visitor.external_id is None):
        raise NotAllowed("Please sign in on this site to write to us.")


def find(widget: Widget, secret: str, *, locked: bool = False) -> Visitor | None:
    """The visitor of this widget who holds a secret; locked, when asked for, where they have one browser only."""
    if not secret:
        return None
    of = {"token_sha256": tokens.digest(secret), "widget_id": widget.id}
    if locked:
        alone = db.session.scalar(_FIND_ALONE, of)
        if alone is not None:
            kept("visitors")[alone.id] = alone
            return alone
    return db.session.scalar(_FIND, of)


def find_at(key: str, secret: str, *, locked: bool = False) -> tuple[Visitor, Widget, Brand] | None:
    """As `find`, with the widget of that name and its brand; None says nothing of why it found nobody.

    Nobody is locked for whom their site signs: all their browsers are, together.
    """
    of = {"token_sha256": tokens.digest(secret), "key": key}
    row = db.session.execute(_ALONE_AT if locked else _AT, of).one_or_none()
    if row is None:
        return None
    found: Visitor = row.Visitor
    if locked:
        kept("visitors")[found.id] = found
        kept("identities")[found.identity_id] = row.Identity
    return found, row.Widget, row.Brand


def locked(visitor: Visitor) -> Visitor:
    """The visitor, fresh and locked; whoever needs its ticket as well locks that afterwards.

    Browsers of somebody whom their site signs for share one talk, so they are locked together, in ascending order.
    """
    if visitor.external_id is None:
        held = kept("visitors")
        if visitor.id not in held:
            held[visitor.id] = db.session.scalars(_LOCKED, {"visitor_id": visitor.id}).one()
        return cast(Visitor, held[visitor.id])
    rows = db.session.scalars(
        select(Visitor)
        .where(or_(Visitor.id == visitor.id, and_(browsers(visitor), Visitor.ended_at.is_(None))))
        .order_by(Visitor.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    return next(row for row in rows if row.id == visitor.id)


def browsers(visitor: Visitor) -> ColumnElement[bool]:
    """As a condition on Visitor: browsers of the same person; only a site's signature says that of two of them."""
    if visitor.external_id is None:
        return Visitor.id == visitor.id
    return and_(Visitor.widget_id == visitor.widget_id, Visitor.external_id == visitor.external_id)


def has_read(visitor: Visitor, message_id: int) -> None:
    """A locked visitor has read, or was mailed, everything up to a message, in whichever browser."""
    visitor.read_id = message_id
    if visitor.external_id is not None:
        db.session.execute(
            update(Visitor)
            .where(browsers(visitor), Visitor.ended_at.is_(None), Visitor.read_id < message_id)
            .values(read_id=message_id),
            execution_options={"synchronize_session": False},
        )


def share(visitor: Visitor) -> None:
    """Let the other browsers of a locked visitor have what this one has: the talk is one."""
    if visitor.external_id is None:
        return
    db.session.flush()
    db.session.execute(
        update(Visitor)
        .where(browsers(visitor), Visitor.ended_at.is_(None), Visitor.id != visitor.id)
        .values(
            identity_id=visitor.identity_id,
            ticket_id=visitor.ticket_id,
            name=visitor.name,
            email=visitor.email,
            email_identity_id=visitor.email_identity_id,
        ),
        execution_options={"synchronize_session": False},
    )


def seen(visitor_id: int, at: datetime) -> bool:
    """A sign of life; written only when the last one is some time ago, or when they had left."""
    done = db.session.execute(
        update(Visitor)
        .where(
            Visitor.id == visitor_id,
            or_(Visitor.last_seen_at <= at - SEEN_EVERY, Visitor.left_at.is_not(None)),
        )
        .values(last_seen_at=at, left_at=None)
        .returning(Visitor.id),
        execution_options={"synchronize_session": False},
    )
    return done.scalar_one_or_none() is not None


def is_here(visitor: Visitor, at: datetime) -> None:
    """The same for a locked visitor, who does something."""
    if visitor.last_seen_at <= at - SEEN_EVERY or visitor.left_at is not None:
        visitor.last_seen_at, visitor.left_at = at, None


def leave(visitor: Visitor, at: datetime) -> None:
    """The page was closed; what they have not read may go by mail after a while."""
    visitor = locked(visitor)
    if visitor.left_at is None:
        visitor.left_at = at


def moved(visitor: Visitor, page: str, at: datetime) -> None:
    """A locked visitor is on this page of the site now; the one before is kept, the newest of few."""
    url = page[:LONGEST_PAGE]
    if not url or url == visitor.page:
        return
    if visitor.page:
        visitor.pages = [*visitor.pages, {"at": at.isoformat(), "url": visitor.page}][-MOST_PAGES:]
    visitor.page = url


def left_since(visitor: Visitor, now: datetime) -> datetime | None:
    """Since when a visitor is gone: they closed the page, or were not heard of any more. None while they are there.

    Somebody whom the site signs for is there while any of their browsers is.
    """
    if visitor.external_id is not None:
        fresh = now - FRESH
        there, last = db.session.execute(
            select(
                func.bool_or(
                    and_(Visitor.ended_at.is_(None), Visitor.left_at.is_(None), Visitor.last_seen_at >= fresh)
                ),
                func.max(func.coalesce(Visitor.left_at, Visitor.last_seen_at)),
            ).where(browsers(visitor))
        ).one()
        return None if there else last
    if visitor.left_at is not None:
        return visitor.left_at
    return visitor.last_seen_at if visitor.last_seen_at < now - FRESH else None


# Built once: they are asked for every message, and building costs more than asking.
_FIND = select(Visitor).where(
    Visitor.token_sha256 == bindparam("token_sha256"),
    Visitor.widget_id == bindparam("widget_id"),
    Visitor.ended_at.is_(None),
)
_AT = (
    select(Visitor, Widget, Brand)
    .join(Widget, Widget.id == Visitor.widget_id)
    .join(Brand, Brand.id == Widget.brand_id)
    .where(
        Widget.key == bindparam("key"),
        Widget.enabled,
        Visitor.token_sha256 == bindparam("token_sha256"),
        Visitor.ended_at.is_(None),
    )
)
_ALONE_AT = (
    _AT.add_columns(Identity)  # as whom they write
    .outerjoin(Identity, Identity.id == Visitor.identity_id)
    .where(Visitor.external_id.is_(None))
    .with_for_update(of=Visitor, key_share=True)
)
_FIND_ALONE = _FIND.where(Visitor.external_id.is_(None)).with_for_update(key_share=True)
_LOCKED = (
    select(Visitor)
    .where(Visitor.id == bindparam("visitor_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
