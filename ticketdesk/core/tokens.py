"""Words that prove something: random secrets stored hashed, and short signatures over row ids."""

import base64
import hashlib
import hmac
import secrets

SIGNATURE_BYTES = 10  # 80 bits, the least that SEMANTICS allows in mail


def fresh() -> str:
    """A new secret of 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def reference() -> str:
    """A new unguessable name of 128 random bits, in lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def digest(secret: str) -> str:
    """What is stored instead of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign(key: str, purpose: str, value: str) -> str:
    """An 80-bit HMAC-SHA256 over value for one purpose, in lower-case base32 so that it survives mail."""
    mac = hmac.new(key.encode(), f"{purpose}\x00{value}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:SIGNATURE_BYTES]).decode().lower()


def verify(key: str, purpose: str, value: str, signature: str) -> bool:
    """Whether the signature is ours for this value and purpose; an empty one never is."""
    if not signature:
        return False
    return hmac.compare_digest(sign(key, purpose, value).encode(), signature.lower().encode())
