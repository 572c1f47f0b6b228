"""Tokens that open connected mailboxes now, renewed before they end by whoever needs one, and by one at a time."""

from datetime import datetime, timedelta

import structlog

from ticketdesk.channels.email import oauth_clients, oauth_tokens
from ticketdesk.channels.email.oauth_rows import OAuthClient, OAuthGrant
from ticketdesk.channels.email.oauth_tokens import NoToken, Tokens
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import secrets, turns
from ticketdesk.core.db import db
from ticketdesk.core.mail import Bearer

EARLY = timedelta(minutes=5)
"""Before its end a token is renewed; with what is left of it one talk can still be had."""
REST = timedelta(seconds=50)
"""After a failure nobody asks the provider again for so long; shorter than the pause before a mail is tried again."""

log = structlog.get_logger(__name__)


def bearer(mailbox: Mailbox, now: datetime) -> Bearer | None:
    """What opens a mailbox; None for one that is not connected. Commits. Raises NoToken."""
    if mailbox.oauth_provider is None:
        return None
    mailbox_id, user = mailbox.id, mailbox.imap_user or mailbox.address
    try:
        grant = db.session.get(OAuthGrant, mailbox_id, populate_existing=True)
        token = grant.access_token if grant is not None else None
        if grant is not None and grant.expires_at <= now + EARLY:
            token = _renewed(mailbox_id, now)
        if token is None:
            raise NoToken("This mailbox is not connected any more.")
        return Bearer(user, secrets.decrypted(token))
    except secrets.Unreadable:
        raise NoToken("The secret key has changed since this mailbox was connected. Connect it again.") from None
    finally:
        db.session.commit()


def forget(mailbox_id: int, token: str, now: datetime) -> None:
    """A server refused this token: whoever comes next gets a fresh one. Commits."""
    grant = db.session.get(OAuthGrant, mailbox_id, populate_existing=True, with_for_update=True)
    if grant is not None and _is(grant.access_token, token):
        grant.expires_at = min(grant.expires_at, now)
    db.session.commit()


def _renewed(mailbox_id: int, now: datetime) -> str | None:
    """The token, fresh if there is a fresh one to be had; None when the grant is gone. Commits. Raises NoToken.

    Whoever comes meanwhile waits for the answer and does not ask as well: some providers take a token to stay only
    once. No row is locked while the provider is asked.
    """
    db.session.commit()
    with turns.held(turns.Turn.ACCESS, mailbox_id, waiting=True):
        try:
            grant = db.session.get(OAuthGrant, mailbox_id, populate_existing=True)
            if grant is None or grant.expires_at > now + EARLY:
                return grant.access_token if grant is not None else None
            stays = grant.refresh_token
            answer: Tokens | NoToken
            try:
                answer = _asked(grant, now)
            except NoToken as error:
                answer = error
            grant = db.session.get(OAuthGrant, mailbox_id, populate_existing=True, with_for_update=True)
            if grant is None:
                return None
            # Connected anew meanwhile: what that brought is newer than any answer to us.
            if grant.refresh_token == stays:
                _keep(grant, answer, now)
            return grant.access_token
        finally:
            # Before the turn is another's, who then finds what we were given.
            db.session.commit()


def _asked(grant: OAuthGrant, now: datetime) -> Tokens:
    """Ask the provider for a fresh token, with no transaction open meanwhile. Raises NoToken."""
    if grant.problem is not None and grant.failed_at is not None and now < grant.failed_at + REST:
        raise NoToken(grant.problem)
    provider = oauth_clients.provider(grant.provider)
    client = db.session.get_one(OAuthClient, grant.provider)
    tenant, fields = (
        client.tenant,
        {
            "grant_type": "refresh_token",
            "refresh_token": secrets.decrypted(grant.refresh_token),
            "client_id": client.client_id,
            "client_secret": secrets.decrypted(client.client_secret),
        },
    )
    db.session.commit()
    return oauth_tokens.ask(provider, tenant, fields)


def _keep(grant: OAuthGrant, answer: Tokens | NoToken, now: datetime) -> None:
    """Write down what the provider said; what fails hurts only when the old token is over. Raises NoToken."""
    if isinstance(answer, NoToken):
        if grant.problem is None or grant.failed_at is None or now >= grant.failed_at + REST:
            grant.failed_at, grant.problem = now, str(answer)
            log.warning("no access to the mailbox", mailbox=grant.mailbox_id, error=str(answer))
        if grant.expires_at <= now:
            raise answer
        return
    grant.access_token = secrets.encrypted(answer.access)
    if answer.refresh is not None:
        grant.refresh_token = secrets.encrypted(answer.refresh)
    grant.expires_at = now + timedelta(seconds=answer.seconds)
    grant.failed_at = grant.problem = None


def _is(stored: str, token: str) -> bool:
    try:
        return secrets.decrypted(stored) == token
    except secrets.Unreadable:
        return False
