"""Asking a provider for tokens (RFC 6749), and what it answers."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ticketdesk.channels.email.oauth_providers import Provider
from ticketdesk.core import outgoing
from ticketdesk.core.errors import Invalid

LONGEST_TOKEN = 20_000
USUAL_SECONDS = 3600
MOST_SECONDS = 24 * 3600
ENDED = frozenset(["invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"])
NOT_US = frozenset(["invalid_client", "unauthorized_client"])


class NoToken(Exception):
    """None was to be had; the text says why in plain words, `ended` that none will be until somebody connects again."""

    def __init__(self, text: str, *, ended: bool = False) -> None:
        super().__init__(text)
        self.ended = ended


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was given; the token to stay only where there is a new one."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    seconds: int
    account: str | None


def ask(provider: Provider, tenant: str, fields: Mapping[str, str]) -> Tokens:
    """Ask for tokens; raises NoToken."""
    try:
        answer = provider.post(provider.token_url.replace("{tenant}", tenant), fields)
    except (outgoing.Unreachable, Invalid) as error:
        raise NoToken(f"{provider.title} cannot be asked for access just now. {error}") from None
    said = _read(answer.content)
    if answer.code == 200:
        return _tokens(provider, said)
    code = said.get("error")
    if code in NOT_US:
        raise NoToken(f"{provider.title} does not accept our client ID and secret. Give them anew.")
    if code in ENDED:
        raise NoToken(f"{provider.title} no longer lets us in. Connect this mailbox again.", ended=True)
    raise NoToken(f"{provider.title} gave no access just now (code {answer.code}).")


def _tokens(provider: Provider, said: Mapping[str, Any]) -> Tokens:
    access, refresh, seconds = said.get("access_token"), said.get("refresh_token"), said.get("expires_in")
    if not _is_token(access) or not (refresh is None or _is_token(refresh)):
        raise NoToken(f"{provider.title} answered in a way we do not understand.")
    lasts = seconds if isinstance(seconds, int) and 0 < seconds <= MOST_SECONDS else USUAL_SECONDS
    return Tokens(str(access), refresh, lasts, _account(said.get("id_token")))


def _is_token(given: object) -> bool:
    """A token goes into a line that control characters structure."""
    return isinstance(given, str) and 0 < len(given) <= LONGEST_TOKEN and given.isascii() and given.isprintable()


def _account(id_token: object) -> str | None:
    """Who consented, for people to read.

    The signature need not be looked at: the token came from the provider itself (OpenID Connect Core, 3.1.3.7).
    """
    if not isinstance(id_token, str) or len(id_token) > LONGEST_TOKEN or id_token.count(".") != 2:
        return None
    middle = id_token.split(".")[1]
    try:
        claims = _read(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (binascii.Error, ValueError):
        return None
    found = claims.get("email") or claims.get("preferred_username")
    return found if isinstance(found, str) and len(found) <= 254 and found.isprintable() else None


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
