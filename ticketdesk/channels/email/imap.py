"""Fetching mail from other people's servers: each mail stored and committed before it is marked as read there."""

import hashlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.utils import encode_folder
from sqlalchemy import text, update

from ticketdesk.channels.email import intake, oauth_access, oauth_clients
from ticketdesk.channels.email.oauth_tokens import NoToken
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import secrets, turns
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.mail import Bearer

SECONDS_A_STEP = 30
MOST_AT_ONCE = 1000
"""Mails taken from one mailbox in one round; the rest waits for the next."""
CHUNK = 200
LARGEST = 100 * 1024 * 1024
"""Bytes of a mail that is fetched at all; of a larger one only the headers are, and it stays where it is."""
_SIZE = re.compile(rb"UID (\d{1,12}) RFC822\.SIZE (\d{1,15})|RFC822\.SIZE (\d{1,15}) UID (\d{1,12})")

log = structlog.get_logger(__name__)


class Unreachable(Exception):
    """A mailbox that cannot be read now; the text says why in plain words."""


class TokenRefused(Unreachable):
    """The server does not take the token we showed."""

    def __init__(self, text: str, token: str) -> None:
        super().__init__(text)
        self.token = token


@dataclass(frozen=True, slots=True)
class Source:
    """What is needed to read one mailbox; plain values, so that no transaction is open during the talk."""

    mailbox_id: int
    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str
    after_fetch: str = "mark"
    after_folder: str = ""
    bearer: Bearer | None = None  # shown instead of the password


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a round of reading brought."""

    came: int
    more: bool  # it read as many as a round may, so that others may wait


def fetch(mailbox_id: int, now: datetime) -> Fetched:
    """Read one mailbox and keep how that went on it. Commits mail by mail."""
    with turns.held(turns.Turn.FETCHING, mailbox_id, waiting=False) as alone:
        if not alone:
            return Fetched(0, more=False)
        came = seen = 0
        try:
            for raw_id in _mails(source_of(mailbox_id, now), now):
                seen += 1
                came += raw_id is not None
        except Unreachable as error:
            db.session.rollback()
            why = _after_refusal(mailbox_id, error, now) if isinstance(error, TokenRefused) else str(error)
            log.warning("mailbox not read", mailbox=mailbox_id, error=why)
            _note(mailbox_id, fetch_error=why[:500], fetch_misses=Mailbox.fetch_misses + 1)
        else:
            _note(mailbox_id, fetched_at=now, fetch_error=None, fetch_misses=0)
            return Fetched(came, more=seen >= MOST_AT_ONCE)
        return Fetched(came, more=False)


def _note(mailbox_id: int, **values: object) -> None:
    db.session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**values))
    db.session.commit()


def _after_refusal(mailbox_id: int, refusal: TokenRefused, now: datetime) -> str:
    """Get a fresh token for the next round; when there is none to be had, that is the better reason."""
    oauth_access.forget(mailbox_id, refusal.token, now)
    try:
        oauth_access.bearer(db.session.get_one(Mailbox, mailbox_id), now)
    except NoToken as error:
        return str(error)
    return str(refusal)


def source_of(mailbox_id: int, now: datetime) -> Source:
    """How a mailbox is read; raises Unreachable when its password cannot be, or no token is to be had. Commits."""
    mailbox = db.session.get_one(Mailbox, mailbox_id, populate_existing=True)
    try:
        bearer = oauth_access.bearer(mailbox, now)
        password = "" if bearer or not mailbox.imap_password else secrets.decrypted(mailbox.imap_password)
    except (secrets.Unreadable, NoToken) as error:
        raise Unreachable(str(error)) from error
    # A token is shown to the provider's own server and to no other.
    provider = oauth_clients.provider(mailbox.oauth_provider) if bearer and mailbox.oauth_provider else None
    source = Source(
        mailbox_id=mailbox.id,
        host=provider.imap_host if provider else mailbox.imap_host or "",
        port=provider.imap_port if provider else mailbox.imap_port,
        security=provider.imap_security if provider else mailbox.imap_security,
        user=mailbox.imap_user or mailbox.address,
        password=password,
        folder=mailbox.imap_folder,
        after_fetch=mailbox.after_fetch,
        after_folder=mailbox.after_folder or "",
        bearer=bearer,
    )
    db.session.commit()
    return source


def _mails(source: Source, now: datetime) -> Iterator[int | None]:
    """Store what is new, one mail after the other; yields the ids of the raw rows, None for a mail that has gone.

    Raises Unreachable.
    """
    with signed_in(source) as box:
        validity, wanted = _new_uids(box, source)
        _make_up(box, source)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            sizes = _sizes(box, chunk)
            for uid in chunk:
                raw = _content(box, uid, sizes.get(uid, 0))
                failpoint("fetch")
                raw_id = _store(source, validity, uid, raw, sizes.get(uid, 0), now)
                if raw_id is None:
                    yield None
                    continue
                failpoint("flag")
                _put_away(box, source, uid)
                failpoint("put away")
                _settle(source, uid)
                yield raw_id


def _put_away(box: BaseMailBox, source: Source, uid: int) -> None:
    """Show people who look there that we have it: it is marked as read, moved, or left as it was.

    Whatever the server makes of that, we go by numbers. Nothing is ever deleted but what was copied before.
    """
    with suppress(imaplib.IMAP4.error):
        if source.after_fetch == "mark":
            box.client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
        elif source.after_fetch == "move" and source.after_folder:
            _move(box, uid, encode_folder(source.after_folder))


def _move(box: BaseMailBox, uid: int, folder: bytes) -> None:
    able = box.client.capabilities
    if "MOVE" in able:
        box.client.uid("MOVE", str(uid), folder)  # type: ignore[arg-type]  # bytes are sent as they are
    elif "UIDPLUS" in able:
        status, _ = box.client.uid("COPY", str(uid), folder)  # type: ignore[arg-type]
        if status == "OK":
            box.client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
            box.client.uid("EXPUNGE", str(uid))
    else:  # to expunge here would take along what others marked as deleted
        box.client.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")


def _make_up(box: BaseMailBox, source: Source) -> None:
    """Put away what was stored when a fetcher stopped before it could do that."""
    mailbox = db.session.get_one(Mailbox, source.mailbox_id, populate_existing=True)
    last = mailbox.imap_last_uid
    settled = last if mailbox.imap_settled_uid is None else mailbox.imap_settled_uid
    db.session.commit()
    if settled >= last:
        return
    for uid in _between(box, max(settled + 1, last - MOST_AT_ONCE), last):
        _put_away(box, source, uid)
    _settle(source, last)


def _settle(source: Source, uid: int) -> None:
    """Remember up to where mails were put away; that is no more than a kindness, so nobody waits for the disk."""
    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    _note(source.mailbox_id, imap_settled_uid=uid)


def _between(box: BaseMailBox, first: int, last: int) -> list[int]:
    status, found = box.client.uid("SEARCH", f"UID {first}:{last}")
    if status != "OK":
        raise imaplib.IMAP4.error(f"SEARCH: {status}")
    return sorted({int(number) for line in found if line for number in line.split()})


@contextmanager
def signed_in(source: Source) -> Iterator[BaseMailBox]:
    """The mailbox with its folder open; raises Unreachable for whatever goes wrong meanwhile."""
    box: BaseMailBox | None = None
    try:
        box = _connected(source)
        _sign_in(box, source)
        _ask_what_it_can(box)
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


def _sign_in(box: BaseMailBox, source: Source) -> None:
    if source.bearer is None:
        box.login(source.user, source.password, initial_folder=None)
        return
    bearer = source.bearer
    try:
        box.client.authenticate("XOAUTH2", lambda challenge: bearer.said(challenge).encode())
    except imaplib.IMAP4.abort:  # the line broke
        raise
    except imaplib.IMAP4.error as error:
        text = f"{source.host} did not let us in as {bearer.user}. Is it the right account, and may it use IMAP?"
        raise TokenRefused(text, bearer.token) from error


def _ask_what_it_can(box: BaseMailBox) -> None:
    """Many servers can do more once they know who is there."""
    _, lines = box.client.capability()
    words = b" ".join(line for line in lines if isinstance(line, bytes))
    box.client.capabilities = tuple(words.decode("ascii", "replace").upper().split())


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
        mailbox.imap_uidvalidity, mailbox.imap_last_uid, mailbox.imap_settled_uid = validity, 0, 0
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
