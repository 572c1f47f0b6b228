"""Mailboxes are set up, given passwords that nobody sees again, and taken out of use."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select, update

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import addresses
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import audit, rows, secrets
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets.queue import Queue

LONGEST_NAME = 120
SECURITIES = ("tls", "starttls", "none")
AFTER_FETCH = ("mark", "move", "leave")
MOST_A_MINUTE = 6_000
SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")


@dataclass(frozen=True, slots=True)
class Setup:
    """How a mailbox works. Of the two secrets, None keeps what is there and an empty one removes it."""

    name: str
    queue_id: int
    brand_id: int | None = None  # None: that of the queue
    acknowledges: bool = True
    trusted_relay: str = ""
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    imap_user: str = ""
    imap_password: str | None = None
    imap_folder: str = "INBOX"
    smtp_url: str | None = None
    smtp_per_minute: int | None = None
    after_fetch: str = "mark"
    after_folder: str = ""
    idles: bool = True


def create(address: str, setup: Setup, by: Actor, at: datetime) -> Mailbox:
    """A new mailbox, the default one when it is the first; raises Invalid."""
    plain = addresses.normalise(address)
    if not addresses.is_address(plain):
        raise Invalid("This is not an email address.", "address")
    if "+" in plain.partition("@")[0]:
        raise Invalid("The part after a plus sign is ours to use; give the address without it.", "address")
    if db.session.scalar(select(Mailbox.id).where(Mailbox.address == plain)) is not None:
        raise Invalid("There is a mailbox with this address already.", "address")
    queue = _check(setup)
    is_first = db.session.scalar(select(Mailbox.id).where(Mailbox.is_default)) is None
    mailbox = Mailbox(
        brand_id=setup.brand_id or queue.brand_id, address=plain, is_default=is_first, created_at=at, disabled_at=None
    )
    _apply(mailbox, setup)
    db.session.add(mailbox)
    db.session.flush()
    audit.note("mailbox_created", "mailbox", mailbox.id, by, at)
    return mailbox


def lock(mailbox_id: int) -> Mailbox:
    """The mailbox, held until the end of the transaction; raises NoResultFound."""
    return rows.held(Mailbox, mailbox_id)


def change(mailbox: Mailbox, setup: Setup, by: Actor, at: datetime) -> None:
    """Set a mailbox up in another way; raises Invalid."""
    mailbox = lock(mailbox.id)
    queue = _check(setup)
    mailbox.brand_id = setup.brand_id or queue.brand_id
    changed = _apply(mailbox, setup)
    if changed:
        audit.note("mailbox_changed", "mailbox", mailbox.id, by, at, {"changed": changed})


def make_default(mailbox: Mailbox, by: Actor, at: datetime) -> None:
    """Let this mailbox take what is addressed to none; raises Conflict for one that is out of use."""
    mailbox = lock(mailbox.id)
    if mailbox.disabled_at is not None:
        raise Conflict("A mailbox out of use cannot take the mail of others.")
    if not mailbox.is_default:
        db.session.execute(update(Mailbox).where(Mailbox.is_default).values(is_default=False))
        mailbox.is_default = True
        audit.note("mailbox_made_default", "mailbox", mailbox.id, by, at)


def disable(mailbox: Mailbox, by: Actor, at: datetime) -> None:
    """Receive and send nothing more at this address; raises Conflict for the default one."""
    mailbox = lock(mailbox.id)
    if mailbox.is_default:
        raise Conflict("This mailbox takes what is addressed to none. Choose another for that first.")
    if mailbox.disabled_at is None:
        mailbox.disabled_at = at
        audit.note("mailbox_disabled", "mailbox", mailbox.id, by, at)


def enable(mailbox: Mailbox, by: Actor, at: datetime) -> None:
    """Use a mailbox again."""
    mailbox = lock(mailbox.id)
    if mailbox.disabled_at is not None:
        mailbox.disabled_at, mailbox.fetch_error, mailbox.fetch_misses = None, None, 0
        audit.note("mailbox_enabled", "mailbox", mailbox.id, by, at)


def feeding(queue_id: int) -> list[str]:
    """The addresses in use whose mail opens tickets in a queue."""
    return list(
        db.session.scalars(
            select(Mailbox.address)
            .where(Mailbox.queue_id == queue_id, Mailbox.disabled_at.is_(None))
            .order_by(Mailbox.address)
        )
    )


def _apply(mailbox: Mailbox, setup: Setup) -> list[str]:
    """Write the settings; returns the names of those that changed, never what they are."""
    values: dict[str, object] = {
        "name": " ".join(setup.name.split()),
        "queue_id": setup.queue_id,
        "acknowledges": setup.acknowledges,
        "trusted_relay": setup.trusted_relay.strip().lower() or None,
        "imap_host": setup.imap_host.strip().lower() or None,
        "imap_port": setup.imap_port,
        "imap_security": setup.imap_security,
        "imap_user": setup.imap_user.strip() or None,
        "imap_folder": setup.imap_folder.strip() or "INBOX",
        "after_fetch": setup.after_fetch,
        "after_folder": setup.after_folder.strip() or None,
        "idles": setup.idles,
        "smtp_per_minute": setup.smtp_per_minute,
    }
    changed = rows.apply(mailbox, values)
    if {"imap_host", "imap_user", "imap_folder"} & set(changed):
        # Another folder numbers its mails anew.
        mailbox.imap_uidvalidity, mailbox.imap_last_uid, mailbox.imap_settled_uid = None, 0, 0
    for secret in ("imap_password", "smtp_url"):
        given: str | None = getattr(setup, secret)
        if given is not None:
            setattr(mailbox, secret, secrets.encrypted(given) if given else None)
            changed.append(secret)
    if any(name.startswith("imap_") for name in changed):
        mailbox.fetch_error, mailbox.fetch_misses = None, 0
    return changed


def _check(setup: Setup) -> Queue:
    if not 0 < len(" ".join(setup.name.split())) <= LONGEST_NAME:
        raise Invalid(f"Give the sender a name of at most {LONGEST_NAME} letters.", "name")
    queue = db.session.scalar(select(Queue).where(Queue.id == setup.queue_id, Queue.archived_at.is_(None)))
    if queue is None:
        raise Invalid("There is no such queue.", "queue")
    if setup.brand_id is not None and db.session.get(Brand, setup.brand_id) is None:
        raise Invalid("There is no such brand.", "brand_id")
    if setup.imap_security not in SECURITIES:
        raise Invalid("Choose one of the ways offered.", "imap_security")
    if not 1 <= setup.imap_port <= 65535:
        raise Invalid("A port lies between 1 and 65535.", "imap_port")
    if setup.imap_host and not setup.imap_user:
        raise Invalid("Fetching mail needs a user name.", "imap_user")
    if setup.after_fetch not in AFTER_FETCH:
        raise Invalid("Choose one of the ways offered.", "after_fetch")
    if setup.after_fetch == "move" and not setup.after_folder.strip():
        raise Invalid("Which folder is fetched mail moved to?", "after_folder")
    if setup.after_fetch == "move" and setup.after_folder.strip() == setup.imap_folder.strip():
        raise Invalid("That is where mail is fetched from.", "after_folder")
    if setup.smtp_per_minute is not None and not 1 <= setup.smtp_per_minute <= MOST_A_MINUTE:
        raise Invalid(f"Between 1 and {MOST_A_MINUTE} mails a minute.", "smtp_per_minute")
    written = setup.imap_host + setup.imap_user + setup.imap_folder + setup.after_folder
    if any(not letter.isprintable() for letter in written):
        raise Invalid("There is a character in it that cannot be sent.", "imap_host")
    if setup.smtp_url and not _is_smtp(setup.smtp_url):
        raise Invalid("Write it as smtp+starttls://user:password@host:587.", "smtp_url")
    return queue


def _is_smtp(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in SMTP_SCHEMES and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False
