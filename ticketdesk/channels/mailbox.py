"""A mailbox: an address we receive and send at."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db


class Mailbox(Model):
    """One address of a brand; its mail opens tickets in its queue."""

    __tablename__ = "mailboxes"
    __table_args__ = (
        UniqueConstraint("address"),
        Index("uq_mailboxes_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[Id]
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id"))
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    address: Mapped[str]  # normalised
    name: Mapped[str]  # what customers see as the sender
    is_default: Mapped[bool] = mapped_column(default=False)  # takes mail for unknown recipients
    acknowledges: Mapped[bool] = mapped_column(default=True)  # tells the customer that the mail has come
    trusted_relay: Mapped[str | None]  # authserv-id whose Authentication-Results are believed
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    imap_host: Mapped[str | None]  # None: nothing is fetched, mail comes by SMTP or hook
    imap_port: Mapped[int] = mapped_column(default=993)
    imap_security: Mapped[str] = mapped_column(default="tls")  # "tls", "starttls" or "none"
    imap_user: Mapped[str | None]
    imap_password: Mapped[str | None]  # encrypted; never shown again
    imap_folder: Mapped[str] = mapped_column(default="INBOX")
    imap_uidvalidity: Mapped[int | None]  # of the folder when last_uid was kept
    imap_last_uid: Mapped[int] = mapped_column(default=0)
    fetched_at: Mapped[datetime | None]  # last success
    fetch_error: Mapped[str | None]  # the last failure in plain words; None after a success
    fetch_misses: Mapped[int] = mapped_column(default=0)  # failures in a row
    fetch_told_at: Mapped[datetime | None]  # when administrators were told of the present outage

    smtp_url: Mapped[str | None]  # encrypted; None: the server of the configuration


class SenderBlock(Model):
    """A sender whose mail goes straight to spam."""

    __tablename__ = "sender_blocks"

    id: Mapped[Id]
    pattern: Mapped[str] = mapped_column(unique=True)  # an address, or "@domain"
    created_at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))


def find(address: str) -> Mailbox | None:
    """The mailbox of a normalised address, if it is one of ours and in use."""
    return db.session.scalar(select(Mailbox).where(Mailbox.address == address, Mailbox.disabled_at.is_(None)))


def default_mailbox() -> Mailbox | None:
    """The mailbox that takes what no other does."""
    return db.session.scalar(select(Mailbox).where(Mailbox.is_default, Mailbox.disabled_at.is_(None)))


def addresses() -> set[str]:
    """Every address of ours, used or not: none of them ever becomes a participant."""
    return set(db.session.scalars(select(Mailbox.address)))


def is_blocked(address: str) -> bool:
    """Whether a normalised address, or its whole domain, is on the block list."""
    domain = "@" + address.rpartition("@")[2]
    return db.session.scalar(select(SenderBlock.id).where(SenderBlock.pattern.in_((address, domain)))) is not None


def of_brand(brand_id: int, queue_id: int) -> int | None:
    """The id of the mailbox from which a brand answers what came by no mailbox: that of the queue, else any of its."""
    return db.session.scalar(
        select(Mailbox.id)
        .where(Mailbox.brand_id == brand_id, Mailbox.disabled_at.is_(None))
        .order_by((Mailbox.queue_id == queue_id).desc(), Mailbox.is_default.desc(), Mailbox.id)
        .limit(1)
    )
