"""Secrets for providers that post mail: made and shown once, taken over by another, and taken back."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import audit, tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid

BEGINNING = "tdh_"
"""By which scanners of source code know a secret of ours that somebody published."""
SHOWN = len(BEGINNING) + 6
LONGEST_NAME = 80
LONGEST_SECRET = 200
OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long the old secret may stay good beside its successor."""
SEEN = timedelta(minutes=5)
"""A use is noted anew only when the last note is older."""


def make(name: str, mailbox_id: int | None, by: Actor, at: datetime) -> tuple[HookSecret, str]:
    """A new secret for one mailbox or, without one, for all; returns it in the clear this once. Raises Invalid."""
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise Invalid(f"Give it a name of at most {LONGEST_NAME} letters.", "name")
    if mailbox_id is not None and db.session.get(Mailbox, mailbox_id) is None:
        raise Invalid("There is no such mailbox.", "mailbox_id")
    secret = BEGINNING + tokens.fresh()
    row = HookSecret(
        name=plain, mailbox_id=mailbox_id, prefix=secret[:SHOWN], digest=tokens.digest(secret), created_at=at
    )
    db.session.add(row)
    db.session.flush()
    audit.note("hook_secret_made", "hook_secret", row.id, by, at, {"mailbox_id": mailbox_id})
    return row, secret


def rotate(row: HookSecret, overlap: timedelta, by: Actor, at: datetime) -> tuple[HookSecret, str]:
    """Another secret for the same use; the old one is good for a while longer. Raises Invalid or Conflict."""
    if overlap not in OVERLAPS:
        raise Invalid("Choose one of the times offered.", "overlap")
    row = _lock(row.id)
    if row.revoked_at is not None or row.expires_at is not None:
        raise Conflict("Another secret has taken the place of this one already.")
    row.expires_at = at + overlap
    audit.note("hook_secret_rotated", "hook_secret", row.id, by, at, {"hours": int(overlap.total_seconds()) // 3600})
    return make(row.name, row.mailbox_id, by, at)


def revoke(row: HookSecret, by: Actor, at: datetime) -> None:
    """Take a secret back: from now on it opens nothing."""
    row = _lock(row.id)
    if row.revoked_at is None:
        row.revoked_at = at
        audit.note("hook_secret_revoked", "hook_secret", row.id, by, at)


def find(secret: str, at: datetime) -> HookSecret | None:
    """The row of a secret that is good now; one for a mailbox out of use is not."""
    if not secret.startswith(BEGINNING) or len(secret) > LONGEST_SECRET:
        return None
    return db.session.scalar(
        select(HookSecret)
        .outerjoin(Mailbox, Mailbox.id == HookSecret.mailbox_id)
        .where(HookSecret.digest == tokens.digest(secret), *_good(at), Mailbox.disabled_at.is_(None))
    )


def seen(row_id: int, at: datetime) -> None:
    """Note that a secret was used, unless that was noted a moment ago."""
    db.session.execute(
        update(HookSecret)
        .where(HookSecret.id == row_id, or_(HookSecret.used_at.is_(None), HookSecret.used_at < at - SEEN))
        .values(used_at=at),
        execution_options={"synchronize_session": False},
    )


def _good(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return HookSecret.revoked_at.is_(None), or_(HookSecret.expires_at.is_(None), HookSecret.expires_at > at)


def _lock(row_id: int) -> HookSecret:
    return db.session.scalars(
        select(HookSecret).where(HookSecret.id == row_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
