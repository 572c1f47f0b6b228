"""Signing what leaves: a key for each domain, its record looked for in the DNS, and mail that leaves in any case."""

import base64
from collections.abc import Callable
from datetime import datetime

import dkim
import dns.exception
import dns.resolver
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select, update

from ticketdesk.channels.email.dkim_key import DkimKey
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import audit, secrets
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound

BITS = 2048
SECONDS = 8.0
"""How long the DNS may take to answer."""
HEADERS = (
    b"from", b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted",
)  # fmt: skip
"""What is signed where it is there; `From` once more, so that nobody adds a second one."""

Look = Callable[[str], list[str]]
log = structlog.get_logger(__name__)


class Unanswered(Exception):
    """The DNS could not be asked; the text says why."""


def key_of(mailbox: Mailbox) -> DkimKey | None:
    """The key that signs a mailbox's mail."""
    return db.session.scalar(select(DkimKey).where(DkimKey.domain == _domain(mailbox)))


def make(mailbox: Mailbox, by: Actor, at: datetime) -> DkimKey:
    """A key for the domain of a mailbox; raises Conflict when it has one."""
    if key_of(mailbox) is not None:
        raise Conflict("This domain has a key already.")
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = DkimKey(
        domain=_domain(mailbox),
        selector=f"desk{at:%Y%m%d}",
        private_key=secrets.encrypted(private.decode()),
        public_key=base64.b64encode(public).decode(),
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    audit.note("dkim_key_made", "dkim_key", made.id, by, at)
    return made


def check(mailbox: Mailbox, at: datetime, look: Look | None = None) -> DkimKey:
    """Look whether the record is published; from when it was found, mail is signed. Raises NotFound without a key.

    A record that is gone later takes nothing back: the DNS may be away for a moment.
    """
    key = key_of(mailbox)
    if key is None:
        raise NotFound("There is no key for this domain.")
    name, wanted, key_id = key.record_name, key.public_key, key.id
    db.session.commit()  # no transaction is open while others are asked
    try:
        problem = _wrong(name, wanted, (look or records)(name))
    except Unanswered as error:
        problem = str(error)
    key = db.session.get_one(DkimKey, key_id)
    key.checked_at, key.problem = at, problem
    if problem is None and key.found_at is None:
        key.found_at = at
    return key


def remove(mailbox: Mailbox, by: Actor, at: datetime) -> None:
    """Sign no more for this domain; the key is gone for good. Raises NotFound."""
    key = key_of(mailbox)
    if key is None:
        raise NotFound("There is no key for this domain.")
    audit.note("dkim_key_removed", "dkim_key", key.id, by, at)
    db.session.delete(key)
    db.session.flush()


def signed(content: bytes, mailbox: Mailbox) -> bytes:
    """The mail with its signature, or as it was: what goes wrong with signing never keeps mail from leaving."""
    key = key_of(mailbox)
    if key is None or key.found_at is None:
        return content
    try:
        private = secrets.decrypted(key.private_key).encode()
        there = [name for name in HEADERS if name == b"from" or b"\n" + name + b":" in b"\n" + content.lower()]
        header: bytes = dkim.sign(
            content,
            key.selector.encode(),
            key.domain.encode(),
            private,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=there,
        )
    except (secrets.Unreadable, dkim.DKIMException, ValueError) as error:
        log.error("mail not signed", domain=key.domain, error=f"{type(error).__name__}: {error}"[:300])
        _note(key.id, "The last mail could not be signed with this key. Make a new one.")
        return content
    return header + content


def records(name: str) -> list[str]:
    """The texts that the DNS has under a name; raises Unanswered."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        raise Unanswered("The DNS could not be asked just now. Try again later.") from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _wrong(name: str, wanted: str, found: list[str]) -> str | None:
    """What is wrong with the records; None when one of them is ours."""
    if not found:
        return f"There is no record at {name} yet. It may take an hour until a new one is seen everywhere."
    for record in found:
        fields = dict(part.partition("=")[::2] for part in "".join(record.split()).split(";"))
        if fields.get("p") == wanted:
            return None
    return f"The record at {name} has another key."


def _note(key_id: int, problem: str) -> None:
    db.session.execute(update(DkimKey).where(DkimKey.id == key_id).values(problem=problem))


def _domain(mailbox: Mailbox) -> str:
    return mailbox.address.rpartition("@")[2]
