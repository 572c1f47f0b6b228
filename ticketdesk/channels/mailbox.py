"""A mailbox: an address we receive and send at."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, event, or_, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db
from ticketdesk.core.kept import kept


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
    signature: Mapped[str] = mapped_column(default="")  # Markdown below replies from it; empty: that of its brand
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
    imap_settled_uid: Mapped[int | None]  # up to here mails were marked or moved there; None: up to last_uid
    fetched_at: Mapped[datetime | None]  # last success
    fetch_error: Mapped[str | None]  # the last failure in plain words; None after a success
    fetch_misses: Mapped[int] = mapped_column(default=0)  # failures in a row
    fetch_told_at: Mapped[datetime | None]  # when administrators were told of the present outage

    smtp_url: Mapped[str | None]  # encrypted; None: the server of the configuration
    smtp_per_minute: Mapped[int | None]  # mails that its server takes in a minute; None: as many as any
    after_fetch: Mapped[str] = mapped_column(default="mark")  # then there: "mark" as read, "move", or "leave"
    after_folder: Mapped[str | None]  # where "move" moves to
    idles: Mapped[bool] = mapped_column(default=True)  # waits on an open line, where the server can
    oauth_provider: Mapped[str | None]  # connected with "google" or "microsoft": opened by token, there is a grant

    @hybrid_property
    def has_own_server(self) -> bool:
        """Whether its mail leaves by another server than the one that all share."""
        return self.smtp_url is not None or self.oauth_provider is not None

    @has_own_server.inplace.expression
    @classmethod
    def _has_own_server(cls) -> ColumnElement[bool]:
        return or_(cls.smtp_url.is_not(None), cls.oauth_provider.is_not(None))


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
    known: dict[str, set[str]] = kept("mailboxes")
    if "addresses" not in known:
        known["addresses"] = set(db.session.scalars(_ADDRESSES))
    return known["addresses"]


def patterns_of(address: str) -> list[str]:
    """What may stand on the block list against a normalised address: itself, or its whole domain."""
    return [address, "@" + address.rpartition("@")[2]]


def is_blocked(address: str) -> bool:
    """Whether a normalised address, or its whole domain, is on the block list."""
    found = select(SenderBlock.id).where(SenderBlock.pattern.in_(patterns_of(address)))
    return db.session.scalar(found) is not None


_ADDRESSES = select(Mailbox.address)


@event.listens_for(Mailbox, "after_insert")
@event.listens_for(Mailbox, "after_update")
@event.listens_for(Mailbox, "after_delete")
def _forget(_mapper: object, _connection: object, _mailbox: Mailbox) -> None:
    kept("mailboxes").clear()


def of_brand(brand_id: int, queue_id: int) -> int | None:
    """The id of the mailbox from which a brand answers what came by no mailbox: that of the queue, else any of its."""
    return db.session.scalar(
        select(Mailbox.id)
        .where(Mailbox.brand_id == brand_id, Mailbox.disabled_at.is_(None))
        .order_by((Mailbox.queue_id == queue_id).desc(), Mailbox.is_default.desc(), Mailbox.id)
        .limit(1)
    )
