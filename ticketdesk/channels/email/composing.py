"""Putting a mail together: typed headers, text and HTML, and a second look at what came out (SECURITY R19)."""

import email
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from typing import Any

import css_inline
from markupsafe import Markup

from ticketdesk.core import markdown
from ticketdesk.core.errors import DeliveryFailed

LONGEST_REFERENCES = 980
LONGEST_SUBJECT = 300
LONGEST_NAME = 120
REPLY_PREFIX = "Re: "

_TOKEN = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}")
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
_REPLIED = re.compile(r"\s{0,5}(?:re|aw|sv|antw|vs|odp|rif|res)\s{0,3}(?:\[\d{1,4}\])?\s{0,3}[:：]", re.IGNORECASE)

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Person:
    """An address with the name to show."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail as it is meant, before it is written down."""

    message_id: str  # without angle brackets, as all ids here
    sender: Person
    reply_to: Person
    to: tuple[Person, ...]
    subject: str
    text: str
    html: str
    date: datetime
    cc: tuple[Person, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()  # the oldest first
    thread_topic: str | None = None
    thread_index: str | None = None
    automatic: str | None = None  # "auto-replied" or "auto-generated" when no person wrote it (RFC 3834)
    unsubscribe: str | None = None  # where one POST ends mail of this kind (RFC 8058)
    files: tuple[File, ...] = ()


class _Ids(UnstructuredHeader, BaseHeader):
    """Ids or addresses in brackets; folded between them and never encoded, as the library would do with long ones."""

    max_count = 1

    def fold(self, *, policy: "Policy[Any]") -> str:
        """The header as its lines."""
        line = policy.linesep
        return f"{self.name}: " + f"{line} ".join(str(self).split()) + line


_headers = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references", "list-unsubscribe"):
    _headers.map_to_type(_name, _Ids)
_POLICY = policy.SMTP.clone(header_factory=_headers)


def compose(outgoing: Outgoing) -> EmailMessage:
    """The mail as a message; raises DeliveryFailed for an address that no mail can be written to."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _address(outgoing.sender)
    mail["To"] = [_address(person) for person in outgoing.to]
    if outgoing.cc:
        mail["Cc"] = [_address(person) for person in outgoing.cc]
    mail["Reply-To"] = _address(outgoing.reply_to)
    mail["Subject"] = line(outgoing.subject, LONGEST_SUBJECT)
    mail["Date"] = format_datetime(outgoing.date)
    mail["Message-ID"] = f"<{outgoing.message_id}>"
    if outgoing.in_reply_to is not None and _is_id(outgoing.in_reply_to):
        mail["In-Reply-To"] = f"<{outgoing.in_reply_to}>"
    references = trimmed(outgoing.references)
    if references:
        mail["References"] = " ".join(f"<{reference}>" for reference in references)
    if outgoing.thread_topic:
        mail["Thread-Topic"] = line(outgoing.thread_topic, LONGEST_SUBJECT)
    if outgoing.thread_index and _is_base64(outgoing.thread_index):
        mail["Thread-Index"] = outgoing.thread_index
    if outgoing.automatic:
        mail["Auto-Submitted"] = outgoing.automatic
        mail["X-Auto-Response-Suppress"] = "All"
    if outgoing.unsubscribe:
        mail["List-Unsubscribe"] = f"<{outgoing.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_body(outgoing.text), cte="quoted-printable")
    mail.add_alternative(_body(outgoing.html), subtype="html", cte="quoted-printable")
    for file in outgoing.files:
        kind, _, subkind = _content_type(file.content_type).partition("/")
        mail.add_attachment(file.content, maintype=kind, subtype=subkind, filename=line(file.filename, 200) or "file")
    return mail


def written(outgoing: Outgoing) -> bytes:
    """The mail as bytes, read again and compared with what was meant; raises DeliveryFailed when they differ."""
    try:
        mail = compose(outgoing)
        raw = mail.as_bytes()
    except (ValueError, MessageError, LookupError) as error:
        raise DeliveryFailed(f"The mail could not be put together: {error}.", permanent=True) from error
    again = email.message_from_bytes(raw, policy=policy.SMTP)
    if list(again) != list(mail):
        raise DeliveryFailed("The mail reads differently than it was meant: its headers.", permanent=True)
    for name, people in (
        ("from", (outgoing.sender,)),
        ("reply-to", (outgoing.reply_to,)),
        ("to", outgoing.to),
        ("cc", outgoing.cc),
    ):
        if [found.addr_spec for found in _addresses(again, name)] != [person.address for person in people]:
            raise DeliveryFailed(f"The mail reads differently than it was meant: {name}.", permanent=True)
    if str(again["message-id"]).strip() != f"<{outgoing.message_id}>":
        raise DeliveryFailed("The mail reads differently than it was meant: its id.", permanent=True)
    return raw


def answering(subject: str) -> str:
    """The subject of an answer: one `Re:` before the customer's own words, so that their mailer keeps the thread."""
    bare = line(subject, LONGEST_SUBJECT)
    for _ in range(20):
        prefix = _REPLIED.match(bare)
        if prefix is None:
            break
        bare = bare[prefix.end() :].lstrip()
    return REPLY_PREFIX + bare if bare else "Re: your message"


def trimmed(references: Sequence[str]) -> list[str]:
    """The first id and as many of the newest as fit into 1,000 characters (SEMANTICS 1)."""
    usable = [reference for reference in dict.fromkeys(references) if _is_id(reference)]
    if not usable:
        return []
    room = LONGEST_REFERENCES - len(usable[0]) - 3
    newest: list[str] = []
    for reference in reversed(usable[1:]):
        room -= len(reference) + 3
        if room < 0:
            break
        newest.append(reference)
    return [usable[0], *reversed(newest)]


def html_of(text: str) -> Markup:
    """Markdown as markup: no HTML of its own passes, and pictures stay links."""
    return markdown.for_mail(text)


def inlined(page: str) -> str:
    """A page whose styles stand on its elements, where mail programs look for them."""
    inline: str = _inliner.inline(page)
    return inline


def line(text: str, longest: int) -> str:
    """Text that can stand in a header: one line, no control or direction marks, no longer than it may be.

    What looks like an encoded word is broken, because the library would decode it, line ends and all.
    """
    visible = "".join(
        " " if letter in "\r\n\t" or unicodedata.category(letter) in ("Zl", "Zp") else letter
        for letter in text[: longest * 4]
        if letter in "\r\n\t\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    )
    return " ".join(visible.replace("=?", "= ?").split())[:longest]


def _address(person: Person) -> Address:
    if not person.address.isascii():
        raise DeliveryFailed(f"{person.address} has letters that mail cannot be sent to.", permanent=True)
    try:
        return Address(display_name=line(person.name, LONGEST_NAME), addr_spec=person.address)
    except (ValueError, MessageError, LookupError) as error:
        raise DeliveryFailed(f"{person.address} is not an address mail can be sent to.", permanent=True) from error


def _addresses(mail: EmailMessage, name: str) -> tuple[Address, ...]:
    header = mail[name]
    return tuple(header.addresses) if header is not None else ()


def _is_id(text: str) -> bool:
    """Whether this can stand in a header as it is; the library would decode an encoded word even here."""
    return _ID.fullmatch(text) is not None and "=?" not in text


def _is_base64(text: str) -> bool:
    return len(text) <= 900 and text.isascii() and all(letter.isalnum() or letter in "+/=" for letter in text)


def _content_type(given: str) -> str:
    kind, _, subkind = given.partition(";")[0].strip().lower().partition("/")
    if kind in ("message", "multipart", "") or not (_TOKEN.fullmatch(kind) and _TOKEN.fullmatch(subkind)):
        return "application/octet-stream"
    return f"{kind}/{subkind}"


def _body(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
