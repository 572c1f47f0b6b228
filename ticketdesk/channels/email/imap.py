"""Fetching mail from other people's servers: each mail stored and committed before it is marked as read there."""

import hashlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from sqlalchemy import select, text, update

from ticketdesk.channels.email import intake
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import secrets, turns
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint

SECONDS_A_STEP = 30
MOST_AT_ONCE = 1000
"""Mails taken from one mailbox in one round; the rest waits for the next."""
CHUNK = 200
LARGEST = 100 * 1024 * 1024
"""Bytes of a mail that is fetched at all; of a larger one only the headers are, and it stays where it is."""
LONGEST_REST = 5
"""After misses in a row, rounds are left out: 1, 2, 4 … 32 in a row at most."""
ROUND = timedelta(seconds=30)

_SIZE = re.compile(rb"UID (\d{1,12}) RFC822\.SIZE (\d{1,15})|RFC822\.SIZE (\d{1,15}) UID (\d{1,12})")

log = structlog.get_logger(__name__)


class Unreachable(Exception):
    """A mailbox that cannot be read now; the text says why in plain words."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is needed to read one mailbox; plain values, so that no transaction is open during the talk."""

    mailbox_id: int
    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str


def fetch_all(now: datetime) -> int:
    """Read every mailbox that is read over IMAP; returns how many mails came. One that fails disturbs no other."""
    mailboxes = db.session.execute(
        select(Mailbox.id, Mailbox.fetch_misses).where(Mailbox.imap_host.is_not(None), Mailbox.disabled_at.is_(None))
    ).all()
    db.session.commit()
    return sum(fetch(row.id, now) for row in mailboxes if not _rests(row.fetch_misses, now))


def fetch(mailbox_id: int, now: datetime) -> int:
    """Read one mailbox and keep how that went on it; returns how many mails came. Commits mail by mail."""
    with _alone(mailbox_id) as alone:
        if not alone:
            return 0
        count = 0
        try:
            for _ in _mails(_source(mailbox_id), now):
                count += 1
        except Unreachable as error:
            db.session.rollback()
            log.warning("mailbox not read", mailbox=mailbox_id, error=str(error))
            _note(mailbox_id, fetch_error=str(error)[:500], fetch_misses=Mailbox.fetch_misses + 1)
        else:
            _note(mailbox_id, fetched_at=now, fetch_error=None, fetch_misses=0)
        return count


def _note(mailbox_id: int, **values: object) -> None:
    db.session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**values))
    db.session.commit()


def _rests(misses: int, now: datetime) -> bool:
    """Whether this round is left out after failures, so that no server bars us for knocking too often."""
    number = int(now.timestamp() // ROUND.total_seconds())
    return number % (1 << min(misses, LONGEST_REST)) != 0


@contextmanager
def _alone(mailbox_id: int) -> Iterator[bool]:
    """Whether nobody else reads this mailbox just now."""
    key = turns.key(turns.Turn.FETCHING, mailbox_id)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:kind, :number)"), key).scalar_one()
        try:
            yield taken
        finally:
            if taken:
                connection.execute(text("SELECT pg_advisory_unlock(:kind, :number)"), key)


def _source(mailbox_id: int) -> Source:
    mailbox = db.session.get_one(Mailbox, mailbox_id, populate_existing=True)
    try:
        password = secrets.decrypted(mailbox.imap_password or "")
    except secrets.Unreadable as error:
        raise Unreachable(str(error)) from error
    source = Source(
        mailbox_id=mailbox.id,
        host=mailbox.imap_host or "",
        port=mailbox.imap_port,
        security=mailbox.imap_security,
        user=mailbox.imap_user or mailbox.address,
        password=password,
        folder=mailbox.imap_folder,
    )
    db.session.commit()
    return source


def _mails(source: Source, now: datetime) -> Iterator[int]:
    """Store what is new, one mail after the other; yields the ids of the raw rows. Raises Unreachable."""
    with _signed_in(source) as box:
        validity, wanted = _new_uids(box, source)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            sizes = _sizes(box, chunk)
            for uid in chunk:
                raw = _content(box, uid, sizes.get(uid, 0))
                failpoint("fetch")
                raw_id = _store(source, validity, uid, raw, sizes.get(uid, 0), now)
                if raw_id is None:
                    continue
                failpoint("flag")
                # Whether it is marked there is a kindness to people who look; we go by numbers.
                with suppress(imaplib.IMAP4.error):
                    box.client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
                yield raw_id


@contextmanager
def _signed_in(source: Source) -> Iterator[BaseMailBox]:
    box: BaseMailBox | None = None
    try:
        box = _connected(source)
        box.login(source.user, source.password, initial_folder=None)
        box.folder.set(source.folder)
        yield box
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise Unreachable(_plain(error, source)) from error
    finally:
        if box is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                box.client.logout()
            with suppress(OSError):
                box.client.shutdown()  # after a cut, the farewell fails and leaves the line open


def _connected(source: Source) -> BaseMailBox:
    if source.security == "none":
        return MailBoxUnencrypted(source.host, source.port, timeout=SECONDS_A_STEP)
    context = ssl.create_default_context()
    if source.security == "starttls":
        return MailBoxStartTls(source.host, source.port, timeout=SECONDS_A_STEP, ssl_context=context)
    return MailBox(source.host, source.port, timeout=SECONDS_A_STEP, ssl_context=context)


def _new_uids(box: BaseMailBox, source: Source) -> tuple[int, list[int]]:
    """The folder's UIDVALIDITY and the numbers we have not taken yet, oldest first.

    A folder with another UIDVALIDITY, or whose numbers begin anew, is read from its start: what we have already is
    known again by its content.
    """
    validity = _number(box.client.response("UIDVALIDITY")) or 0
    following = _number(box.client.response("UIDNEXT"))
    mailbox = db.session.get_one(Mailbox, source.mailbox_id, populate_existing=True)
    begins_anew = following is not None and following <= mailbox.imap_last_uid
    if mailbox.imap_uidvalidity != validity or begins_anew:
        mailbox.imap_uidvalidity, mailbox.imap_last_uid = validity, 0
    last = mailbox.imap_last_uid
    db.session.commit()
    status, found = box.client.uid("SEARCH", f"UID {last + 1}:*")
    if status != "OK":
        raise imaplib.IMAP4.error(f"SEARCH: {status}")
    numbers = sorted({int(number) for line in found if line for number in line.split()})
    # "n:*" names the last mail even when its number is smaller than n.
    return validity, [number for number in numbers if number > last][:MOST_AT_ONCE]


def _sizes(box: BaseMailBox, uids: Sequence[int]) -> dict[int, int]:
    _, lines = box.client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
    found: dict[int, int] = {}
    for line in lines:
        match = _SIZE.search(line) if isinstance(line, bytes) else None
        if match is not None:
            uid, size, size_first, uid_last = match.groups()
            found[int(uid or uid_last)] = int(size or size_first)
    return found


def _content(box: BaseMailBox, uid: int, size: int) -> bytes | None:
    """The mail, or its headers when it is too large; None when it is gone meanwhile."""
    part = "BODY.PEEK[HEADER]" if size > LARGEST else "BODY.PEEK[]"
    status, lines = box.client.uid("FETCH", str(uid), f"({part})")
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH: {status}")
    for line in lines:
        if isinstance(line, tuple) and b"BODY[" in line[0].upper():
            return bytes(line[1])
    return None


def _store(source: Source, validity: int, uid: int, raw: bytes | None, size: int, now: datetime) -> int | None:
    """Keep the mail and how far we have read, in one commit."""
    mailbox = db.session.get_one(Mailbox, source.mailbox_id)
    raw_id: int | None = None
    if raw is not None:
        # The content is a part of the name, for servers that give a number twice.
        key = f"imap:{source.mailbox_id}:{validity}:{uid}:{hashlib.sha256(raw).hexdigest()[:16]}"
        kept = intake.store(raw, source="imap", mailbox=mailbox, received_at=now, source_key=key)
        if size > LARGEST and kept.state == "stored":
            mebibytes = size // 1024 // 1024
            kept.state, kept.understood_at = "quarantined", now
            kept.reason = (
                f"{mebibytes} MiB are too large to fetch. Only the headers are here; the mail is where it was."
            )
        raw_id = kept.id
    mailbox.imap_last_uid = max(mailbox.imap_last_uid, uid)
    failpoint("commit")
    db.session.commit()
    return raw_id


def _number(response: tuple[str, list[bytes | None]]) -> int | None:
    for found in response[1] or ():
        if found is not None and found.isdigit():
            return int(found)
    return None


def _plain(error: Exception, source: Source) -> str:
    """What went wrong, as one would tell an administrator."""
    if isinstance(error, MailboxLoginError):
        return f"{source.host} refused the user name or the password."
    if isinstance(error, MailboxFolderSelectError):
        return f"There is no folder {source.folder!r} on {source.host}."
    if isinstance(error, socket.gaierror):
        return f"The name {source.host} is not known."
    if isinstance(error, TimeoutError):
        return f"{source.host} does not answer in time."
    if isinstance(error, ConnectionRefusedError):
        return f"Nobody answers at {source.host}, port {source.port}."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {source.host} is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"No safe connection to {source.host} can be made. Is the port right for this kind of security?"
    said = str(error).strip() or type(error).__name__
    return f"{source.host} broke off: {said[:300]}"
