"""Who a site says its visitor is: a signed token, or a hash over the user's id; read strictly (pure)."""

import binascii
import hashlib
import hmac
import json
import math
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import jwt

ALGORITHM = "HS256"
LONGEST_TOKEN = 4096
LONGEST_ID = 200
LONGEST_NAME = 120
LONGEST_EMAIL = 254
LONGEST_LIFE = timedelta(hours=24)
LEEWAY = timedelta(seconds=60)
"""By so much clocks may differ."""
HEADERS = frozenset(["alg", "typ", "kid"])
"""What a token's header may say; a key's name is not asked, and anything else is there to confuse."""

Reason = Literal[
    "malformed", "signature", "expired", "lives_too_long", "not_yet", "other_audience", "no_subject", "claims"
]
_signatures = jwt.PyJWS(algorithms=[ALGORITHM])


class Unproven(Exception):
    """Nothing is proven; the reason is a code for whoever builds the site, told once the signature is right."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What the site says of its user; beside a hash there is nothing but the id."""

    user_id: str
    secret: str  # that signed for it
    name: str = ""
    email: str = ""
    email_verified: bool = False


def read_token(token: str, secrets: Sequence[str], audience: str, now: datetime) -> Claims:
    """The claims of a JSON Web Token (RFC 7519) that one of the secrets signed; raises Unproven.

    The algorithm is HS256 whatever the token says. `exp` must be there and at most a day ahead, an `aud` must name
    this widget. A token may be shown as often as one likes until it expires.
    """
    _check_form(token)
    for secret in secrets:
        try:
            payload = _signatures.decode(token, secret, algorithms=[ALGORITHM])
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise Unproven("malformed") from error
        return _claims(_object(payload), secret, audience, now)
    raise Unproven("signature")


def read_hash(user_id: str, user_hash: str, secrets: Sequence[str]) -> Claims:
    """The claim of a user's id with its HMAC-SHA256, hexadecimal, by one of the secrets; raises Unproven.

    It never expires, and it says nothing of name and address.
    """
    if not _is_id(user_id):
        raise Unproven("no_subject")
    given = user_hash.lower().encode()
    for secret in secrets:
        if hmac.compare_digest(hashed(user_id, secret).encode(), given):
            return Claims(user_id, secret)
    raise Unproven("signature")


def hashed(user_id: str, secret: str) -> str:
    """What stands beside a user's id to prove it."""
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


def _check_form(token: str) -> None:
    """Refuse whatever is no plain token signed by HS256, before anything is reckoned."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or not token.isascii() or len(parts) != 3 or not all(parts):
        raise Unproven("malformed")
    try:
        header = _object(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Unproven("malformed") from error
    if header.get("alg") != ALGORITHM or not header.keys() <= HEADERS:
        raise Unproven("malformed")


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object in which each name stands once."""
    try:
        found = json.loads(text.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unproven("malformed") from error
    if not isinstance(found, dict):
        raise Unproven("malformed")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice.")
    return found


def _claims(said: dict[str, Any], secret: str, audience: str, now: datetime) -> Claims:
    _check_times(said, now)
    _check_audience(said.get("aud"), audience)
    user_id = said.get("sub")
    if not isinstance(user_id, str) or not _is_id(user_id):
        raise Unproven("no_subject")
    return Claims(
        user_id,
        secret,
        name=_text(said.get("name"), LONGEST_NAME),
        email=_text(said.get("email"), LONGEST_EMAIL),
        email_verified=said.get("email_verified") is True,
    )


def _check_times(said: dict[str, Any], now: datetime) -> None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    ends = _seconds(said.get("exp"))
    if ends <= moment - leeway:
        raise Unproven("expired")
    if ends > moment + LONGEST_LIFE.total_seconds() + leeway:
        raise Unproven("lives_too_long")
    for name in ("iat", "nbf"):
        if name in said and _seconds(said[name]) > moment + leeway:
            raise Unproven("not_yet")


def _check_audience(said: Any, audience: str) -> None:
    """None named is every one; the signature is by this widget's secret anyway."""
    named = said if isinstance(said, list) else [said]
    if said is not None and audience not in named:
        raise Unproven("other_audience")


def _seconds(said: Any) -> float:
    """A moment as tokens give it; true and false are no numbers here."""
    if isinstance(said, bool) or not isinstance(said, int | float) or abs(said) > 1e12 or not math.isfinite(said):
        raise Unproven("claims")
    return float(said)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and text == text.strip()


def _text(said: Any, longest: int) -> str:
    """A short text, or nothing where nothing is said."""
    if said is None:
        return ""
    if not isinstance(said, str):
        raise Unproven("claims")
    words = " ".join(said.split())
    if len(words) > longest or not words.isprintable():
        raise Unproven("claims")
    return words
