"""What a mail says, as plain frozen values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name (may be empty) and an address in the form that addresses are compared in."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the mail; `inline` means that the body shows it, `size` counts decoded bytes.

    `wrapped` counts the bytes of a part that came in uuencode or BinHex, which are no encodings of MIME (RFC 2045).
    """

    filename: str
    content_type: str
    size: int
    inline: bool
    content_id: str | None
    content: bytes
    wrapped: int | None = None


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One address that a delivery report names; `status` is the enhanced code (RFC 3463) or empty."""

    address: str
    status: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The original mail found inside a forwarded one."""

    sender: Mailbox | None
    to: tuple[Mailbox, ...]
    subject: str
    date: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """Everything that is read out of one raw mail. Text holds neither NUL nor lone surrogates."""

    # The sender as written; only `sender_known` says whether it may be believed to be one clear address.
    sender: Mailbox | None
    sender_known: bool
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    # Addresses that this copy may have been sent to, best evidence first, each once:
    # Delivered-To, X-Original-To, Envelope-To, To, Cc.
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    # Ids without their angle brackets.
    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    text: str
    html: str | None
    # The newest words of `html` alone, or None where it is shown whole.
    html_new: str | None
    # Whether the HTML shows more than its words say.
    is_rich: bool
    # Pictures that it fetches from elsewhere: those to be seen, and those that only tell that somebody looked.
    remote_pictures: int
    traces: int
    reply_text: str
    quoted_text: str
    signature: str
    attachments: tuple[Attachment, ...]
    is_bounce: bool
    failed_recipients: tuple[FailedRecipient, ...]
    # Message-IDs found in the mail that a delivery report returns.
    original_message_ids: tuple[str, ...]
    is_auto_reply: bool
    auto_reply_reason: str | None
    is_list: bool
    # Why no automatic mail may be sent because of this one, and why it may not change a ticket's state.
    no_automatic_answer: str | None
    inert: str | None
    forwarded: Forwarded | None
    # Why an administrator must look at it before it becomes a ticket.
    quarantine: str | None
    # SHA-256 in hex over From, Date, Subject and the decoded parts; the same mail by another way has the same.
    fingerprint: str
    # Address of Return-Path; empty text for the null sender, None when the header is missing.
    return_path: str | None
    thread_topic: str | None
    thread_index: str | None
    # Unproven as long as nobody checks which relay wrote them (authserv-id).
    authentication_results: tuple[str, ...]
    received_count: int
    # X-Loop values, in which a desk finds its own mark again.
    loop_marks: tuple[str, ...]
    # Version of the HTML cleaner that made `html`.
    cleaner_version: int
    defects: tuple[str, ...]


class Unreadable(Exception):
    """A mail that cannot be understood within its limits; the reason is in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
