"""What we hold to open mailboxes by token: who we are at a provider, what it granted, and attempts to connect."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class OAuthClient(Model):
    """This desk as one provider knows it."""

    __tablename__ = "oauth_clients"

    provider: Mapped[str] = mapped_column(primary_key=True)  # "google" or "microsoft"
    client_id: Mapped[str]
    client_secret: Mapped[str]  # encrypted; never shown again
    tenant: Mapped[str]  # Microsoft's directory; "" where the provider has none


class OAuthGrant(Model):
    """The access that somebody gave us to one mailbox; both tokens encrypted and never shown."""

    __tablename__ = "oauth_grants"

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True)
    provider: Mapped[str] = mapped_column(ForeignKey("oauth_clients.provider"))
    account: Mapped[str | None]  # the address of who consented, as the provider says
    refresh_token: Mapped[str]
    access_token: Mapped[str]
    expires_at: Mapped[datetime]  # of the access token
    connected_at: Mapped[datetime]
    failed_at: Mapped[datetime | None]  # when no new access token was to be had last; None after a success
    problem: Mapped[str | None]  # why, in plain words


class OAuthAttempt(Model):
    """Somebody was sent to a provider and may come back: once, in the same session, within minutes."""

    __tablename__ = "oauth_attempts"
    __table_args__ = (Index("ix_oauth_attempts_created_at", "created_at"),)

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the state
    session_id: Mapped[int] = mapped_column(ForeignKey("agent_sessions.id", ondelete="CASCADE"))
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id", ondelete="CASCADE"))
    provider: Mapped[str]
    verifier: Mapped[str]  # encrypted; what proves that the code is ours (PKCE)
    created_at: Mapped[datetime]
