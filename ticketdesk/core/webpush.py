"""Web Push: words sealed for one browser (RFC 8291), sent in the name of this server (RFC 8292); pure."""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
LONGEST = 3993
"""Bytes of words: push services take 4,096 in all, with header (86), padding mark (1) and seal (16)."""
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
VALID = timedelta(hours=12)
"""For a token; RFC 8292, 2 allows a day."""


def sealed(
    words: bytes,
    browser_key: bytes,
    auth: bytes,
    *,
    ours: EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Words that only one browser can read, as the body of a request (RFC 8291, 3.4, and RFC 8188, 2).

    `ours` and `salt` are fresh for each message; tests give those of the standard. Raises ValueError for what is no key
    of a browser, and for more words than one record holds.
    """
    if len(words) > LONGEST:
        raise ValueError("too long for one push")
    ours = ours or ec.generate_private_key(ec.SECP256R1())
    salt = salt or secrets.token_bytes(SALT_BYTES)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key)
    own_key = point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, auth, b"WebPush: info\x00" + browser_key + own_key, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(own_key)]) + own_key
    return head + AESGCM(key).encrypt(nonce, words + b"\x02", None)


def authorization(endpoint: str, subject: str, key: EllipticCurvePrivateKey, now: datetime) -> str:
    """The header by which a push service knows who sends (RFC 8292, 3); `subject` is where its people reach us."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + VALID).timestamp()), "sub": subject}
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={encoded(point(key.public_key()))}"


def point(key: EllipticCurvePublicKey) -> bytes:
    """A public key as browsers and push services write it."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def browser_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """What a browser gave with its subscription; raises ValueError for what no browser gives."""
    key, secret = decoded(p256dh), decoded(auth)
    if len(key) != POINT_BYTES or len(secret) != AUTH_BYTES:
        raise ValueError("no keys of a browser")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    return key, secret


def encoded(content: bytes) -> str:
    """Base64 for addresses, unpadded."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The other way; raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
