"""Secrets for signing who a visitor is: made and shown once, two good at a time, and taken back."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.chat.widget_secret import WidgetSecret
from ticketdesk.core import audit, secrets, tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict

BEGINNING = "tdw_"
"""By which scanners of source code know a secret of ours that somebody published."""
SHOWN = len(BEGINNING) + 6
MOST = 2
"""So many are good at a time: the present one, and the next while a site is changed over."""
SEEN = timedelta(minutes=5)
"""A use is noted anew only when the last note is older."""


def make(widget: Widget, by: Actor, at: datetime) -> tuple[WidgetSecret, str]:
    """Another secret; returns it in the clear this once. Raises Conflict when two are good already."""
    db.session.execute(select(Widget.id).where(Widget.id == widget.id).with_for_update(key_share=True))
    if len(of(widget)) >= MOST:
        raise Conflict("Two secrets are good already. Take one back first.")
    secret = BEGINNING + tokens.fresh()
    row = WidgetSecret(
        widget_id=widget.id, prefix=secret[:SHOWN], sealed=secrets.encrypted(secret), created_at=at, revoked_at=None
    )
    db.session.add(row)
    db.session.flush()
    audit.note("widget_secret_made", "widget", widget.id, by, at, {"secret_id": row.id})
    return row, secret


def revoke(row: WidgetSecret, by: Actor, at: datetime) -> None:
    """Take a secret back: nothing it signed is believed from now on, and whoever was recognised by it must be anew.

    Those who really are who they were said to be come back with their site's next token, to the same talk.
    """
    row = db.session.scalars(
        select(WidgetSecret).where(WidgetSecret.id == row.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    if row.revoked_at is not None:
        return
    row.revoked_at = at
    db.session.execute(
        update(Visitor).where(Visitor.signed_by == row.id, Visitor.ended_at.is_(None)).values(ended_at=at),
        execution_options={"synchronize_session": False},
    )
    audit.note("widget_secret_revoked", "widget", row.widget_id, by, at, {"secret_id": row.id})


def of(widget: Widget) -> list[WidgetSecret]:
    """Those that are good, the newest first."""
    return list(
        db.session.scalars(
            select(WidgetSecret)
            .where(WidgetSecret.widget_id == widget.id, WidgetSecret.revoked_at.is_(None))
            .order_by(WidgetSecret.id.desc())
        )
    )


def opened(rows: list[WidgetSecret]) -> dict[str, int]:
    """The secrets in the clear, with their rows; one that was sealed under another SECRET_KEY is none any more."""
    found = {}
    for row in rows:
        try:
            found[secrets.decrypted(row.sealed)] = row.id
        except secrets.Unreadable:
            continue
    return found


def is_readable(row: WidgetSecret) -> bool:
    """Whether a secret can still be used here."""
    return bool(opened([row]))


def seen(secret_id: int, at: datetime) -> None:
    """Note that a secret is in use, unless that was noted a moment ago."""
    db.session.execute(
        update(WidgetSecret)
        .where(WidgetSecret.id == secret_id, or_(WidgetSecret.used_at.is_(None), WidgetSecret.used_at < at - SEEN))
        .values(used_at=at),
        execution_options={"synchronize_session": False},
    )
