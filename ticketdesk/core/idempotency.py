"""Answers that were given once and must be given again: the same key makes the same effect only once."""

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class IdempotencyKey(Model):
    """One request that carried a key, and what was answered; within `scope` a key stands for one body."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[Id]
    scope: Mapped[str]  # whose key and for what, e.g. "agent:7:reply"
    key: Mapped[str]
    body_hash: Mapped[str]  # SHA-256 of the request's body, hexadecimal
    status: Mapped[int | None]  # None while the first request is still running
    response: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
