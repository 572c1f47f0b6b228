"""Connecting a mailbox with its provider: an administrator is sent there, consents, and comes back with a code.

The authorisation-code flow with PKCE (RFC 7636). An attempt counts once, in the session that began it, for minutes.
"""

import base64
import hashlib
import secrets as random
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import delete

from ticketdesk.channels import mailboxes
from ticketdesk.channels.email import oauth_clients, oauth_tokens
from ticketdesk.channels.email.oauth_providers import Provider
from ticketdesk.channels.email.oauth_rows import OAuthAttempt, OAuthClient, OAuthGrant
from ticketdesk.channels.email.oauth_tokens import NoToken, Tokens
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import audit, secrets, tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound

WITHIN = timedelta(minutes=10)
LONGEST_CODE = 5_000
TOO_LATE = "This attempt is over, or was not begun here. Begin again from the mailbox."


def begin(mailbox: Mailbox, name: str, session_id: int, back: str, at: datetime) -> str:
    """The provider's page where somebody consents; `back` is where it sends them afterwards.

    Raises NotFound and Conflict.
    """
    provider, client = _set_up(name)
    db.session.execute(delete(OAuthAttempt).where(OAuthAttempt.created_at <= at - WITHIN))
    state, verifier = tokens.fresh(), random.token_urlsafe(64)
    db.session.add(
        OAuthAttempt(
            digest=tokens.digest(state),
            session_id=session_id,
            mailbox_id=mailbox.id,
            provider=name,
            verifier=secrets.encrypted(verifier),
            created_at=at,
        )
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": back,
        "scope": provider.scopes,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": mailbox.imap_user or mailbox.address,
        **provider.extra,
    }
    return f"{provider.authorise_url.replace('{tenant}', client.tenant)}?{urlencode(asked)}"


def expected(state: str, session_id: int, at: datetime) -> OAuthAttempt | None:
    """The attempt that somebody comes back from, if it was begun in this session and still counts."""
    found = db.session.query(OAuthAttempt).filter_by(digest=tokens.digest(state), session_id=session_id).one_or_none()
    return found if found is not None and found.created_at > at - WITHIN else None


def finish(state: str, code: str, session_id: int, back: str, by: Actor, at: datetime) -> Mailbox:
    """Trade the code for tokens and keep them. The attempt is used up, and that is committed, before anybody is asked.

    Raises Conflict, with what went wrong.
    """
    gone = delete(OAuthAttempt).where(
        OAuthAttempt.digest == tokens.digest(state),
        OAuthAttempt.session_id == session_id,
        OAuthAttempt.created_at > at - WITHIN,
    )
    row = db.session.execute(
        gone.returning(OAuthAttempt.mailbox_id, OAuthAttempt.provider, OAuthAttempt.verifier)
    ).one_or_none()
    if row is None or not 0 < len(code) <= LONGEST_CODE:
        raise Conflict(TOO_LATE)
    provider, client = _set_up(row.provider)
    tenant = client.tenant
    try:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": client.client_id,
            "client_secret": secrets.decrypted(client.client_secret),
            "code_verifier": secrets.decrypted(row.verifier),
        }
        db.session.commit()
        given = oauth_tokens.ask(provider, tenant, fields)
    except secrets.Unreadable as error:
        raise Conflict(str(error)) from error
    except NoToken as error:
        raise Conflict(
            f"{provider.title} did not take what it sent us. Begin again." if error.ended else str(error)
        ) from error
    if given.refresh is None:
        raise Conflict(f"{provider.title} gave access for an hour only. Take our access away there, then begin again.")
    mailbox = mailboxes.lock(row.mailbox_id)
    _keep(mailbox, provider, given, given.refresh, at)
    audit.note("mailbox_connected", "mailbox", mailbox.id, by, at, {"provider": provider.name})
    return mailbox


def disconnect(mailbox: Mailbox, by: Actor, at: datetime) -> None:
    """Forget the tokens; raises NotFound for a mailbox that is not connected."""
    mailbox = mailboxes.lock(mailbox.id)
    grant = db.session.get(OAuthGrant, mailbox.id, with_for_update=True)
    if grant is None:
        raise NotFound("This mailbox is not connected.")
    db.session.delete(grant)
    mailbox.oauth_provider = None
    db.session.flush()
    audit.note("mailbox_disconnected", "mailbox", mailbox.id, by, at, {"provider": grant.provider})


def _set_up(name: str) -> tuple[Provider, OAuthClient]:
    provider = oauth_clients.provider(name)
    client = db.session.get(OAuthClient, name)
    if client is None:
        raise Conflict(f"{provider.title} must be set up first.")
    return provider, client


def _keep(mailbox: Mailbox, provider: Provider, given: Tokens, refresh: str, at: datetime) -> None:
    grant = db.session.get(OAuthGrant, mailbox.id, with_for_update=True)
    if grant is None:
        grant = OAuthGrant(mailbox_id=mailbox.id)
        db.session.add(grant)
    grant.provider, grant.account, grant.connected_at = provider.name, given.account, at
    grant.refresh_token, grant.access_token = secrets.encrypted(refresh), secrets.encrypted(given.access)
    grant.expires_at = at + timedelta(seconds=given.seconds)
    grant.failed_at = grant.problem = None
    if mailbox.imap_host != provider.imap_host:
        # Another server numbers its mails anew.
        mailbox.imap_uidvalidity, mailbox.imap_last_uid, mailbox.imap_settled_uid = None, 0, 0
    mailbox.oauth_provider = provider.name
    mailbox.imap_host, mailbox.imap_port = provider.imap_host, provider.imap_port
    mailbox.imap_security = provider.imap_security
    mailbox.imap_user = mailbox.imap_user or mailbox.address
    mailbox.fetch_error, mailbox.fetch_misses = None, 0
    db.session.flush()
