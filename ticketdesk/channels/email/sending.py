"""Handing a mail over: to the mailbox's server, the configured one, or the outbox folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import current_app

from ticketdesk.channels import sending_pace, sending_server
from ticketdesk.channels.email import dkim_signing, letters, oauth_access, oauth_clients
from ticketdesk.channels.email.composing import Outgoing, written
from ticketdesk.channels.email.oauth_tokens import NoToken
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import mail, outbox, secrets
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.errors import AccessRefused, DeliveryFailed, ServerUnusable
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.mail import Bearer
from ticketdesk.core.outbox import STAGE_CUT, Claim
from ticketdesk.tickets.message import Message

LEASE = timedelta(minutes=4)
"""Longer than a mail can take, so that a slow server does not make a second worker begin."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40, 60, 120, *([240] * 17)))
"""Pauses before each further attempt: three days in all (SECURITY P05)."""


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: carry one message to one recipient; raises DeliveryFailed."""
    failpoint("claim")
    if claim.message_id is None or claim.recipient is None:
        raise DeliveryFailed("The row names no message or no recipient.", permanent=True)
    message = db.session.get_one(Message, claim.message_id)
    if message.redacted_at is not None:
        return "cancelled", "The message was taken away before it left."
    link = letters.tracking(message, claim.recipient, now)
    outgoing, mailbox = letters.of_message(message, claim.purpose or "reply", link)
    return hand_over(claim, outgoing, mailbox, claim.recipient, now)


def hand_over(
    claim: Claim, outgoing: Outgoing, mailbox: Mailbox, recipient: str, now: datetime
) -> tuple[str, str | None]:
    """Send what was composed, without a transaction open meanwhile; returns the row's new state."""
    content = dkim_signing.signed(written(outgoing), mailbox)
    sender, url, most = mailbox.address, _server(mailbox), mailbox.smtp_per_minute
    server = mailbox.id if mailbox.has_own_server else None
    bearer = _bearer(mailbox, now)
    leased_until = now + LEASE
    if url is None:
        is_ours = outbox.mark(claim, leased_until=leased_until)
    else:
        is_ours = sending_pace.begin(claim, mail.place_of(url), most, now, leased_until)
    if not is_ours:
        return "queued", None  # another worker has the row by now, and its result will count
    db.session.commit()
    if url is None:
        config: Config = current_app.extensions["ticketdesk.config"]
        said = mail.into_folder(content, config.outbox, f"{claim.id}.eml")
    else:
        with _watched(server, bearer, now):
            said = mail.over_smtp(
                content,
                sender=sender,
                recipient=recipient,
                url=url,
                before_content=lambda: _handing_over(claim),
                bearer=bearer,
            )
    failpoint("mark")
    return "sent", said


@contextmanager
def _watched(server: int | None, bearer: Bearer | None, now: datetime) -> Iterator[None]:
    """Keep on the server whether it can be used; what it says of one mail or one recipient is no fault of its own."""
    try:
        yield
    except ServerUnusable as error:
        db.session.rollback()
        if server is not None and bearer is not None and isinstance(error, AccessRefused):
            oauth_access.forget(server, bearer.token, now)
        sending_server.missed(server, str(error), now)
        db.session.commit()
        raise
    sending_server.worked(server, now)


def _bearer(mailbox: Mailbox, now: datetime) -> Bearer | None:
    """What opens the server of a connected mailbox; a server of its own choice gets no token of the provider's."""
    if mailbox.smtp_url is not None or mailbox.oauth_provider is None:
        return None
    server = mailbox.id
    try:
        return oauth_access.bearer(mailbox, now)
    except NoToken as error:
        sending_server.missed(server, str(error), now)
        db.session.commit()
        raise ServerUnusable(str(error)) from error


def _handing_over(claim: Claim) -> None:
    """From here on the other side may have the mail even if we never hear of it."""
    if not outbox.mark(claim, stage=STAGE_CUT):
        db.session.rollback()
        raise DeliveryFailed("Another worker took over.")
    db.session.commit()


def _server(mailbox: Mailbox) -> str | None:
    config: Config = current_app.extensions["ticketdesk.config"]
    if mailbox.smtp_url is None and mailbox.oauth_provider is not None:
        return oauth_clients.provider(mailbox.oauth_provider).smtp_url
    if mailbox.smtp_url is None:
        return config.smtp_url
    try:
        return secrets.decrypted(mailbox.smtp_url)
    except secrets.Unreadable as error:
        raise DeliveryFailed(f"The password of {mailbox.address}'s mail server cannot be read any more.") from error
