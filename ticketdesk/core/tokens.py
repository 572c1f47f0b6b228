"""Words that prove something: random secrets stored hashed, and short signatures over row ids."""

import base64
import hashlib
import hmac
import secrets

from flask import current_app

SIGNATURE_BYTES = 10  # 80 bits, the least that SEMANTICS allows in mail


def signing_keys() -> tuple[str, ...]:
    """The keys that signatures may bear, the one we sign with first."""
    return (current_app.config["SECRET_KEY"], *(current_app.config["SECRET_KEY_FALLBACKS"] or ()))


def fresh() -> str:
    """A new secret of 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def reference() -> str:
    """A new unguessable name of 128 random bits, in lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def digest(secret: str) -> str:
    """What is stored instead of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign(key: str, purpose: str, value: str, octets: int = SIGNATURE_BYTES) -> str:
    """So many bytes of an HMAC-SHA256 over value for one purpose, in lower-case base32 so that it survives mail."""
    mac = hmac.new(key.encode(), f"{purpose}\x00{value}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:octets]).decode().lower()


def verify(key: str, purpose: str, value: str, signature: str, octets: int = SIGNATURE_BYTES) -> bool:
    """Whether the signature is ours for this value and purpose; an empty one never is."""
    if not signature:
        return False
    return hmac.compare_digest(sign(key, purpose, value, octets).encode(), signature.lower().encode())
