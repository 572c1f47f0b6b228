"""Passwords of other systems, which must be read back: encrypted in the database, shown to nobody."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

PURPOSE = b"ticketdesk: secrets at rest"
PUSH_PURPOSE = b"ticketdesk: the key under which browsers are pushed to"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Unreadable(Exception):
    """A secret was encrypted under another SECRET_KEY and must be given again."""


def encrypted(plain: str) -> str:
    """What is stored."""
    return _box().encrypt(plain.encode()).decode()


def decrypted(stored: str) -> str:
    """What was given; raises Unreadable."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("The secret key has changed since this password was given. Please give it again.") from error


def push_key() -> ec.EllipticCurvePrivateKey:
    """Our key for Web Push: it follows from the secret key, so that it is made once and kept wherever that one is.

    From 128 bits more than the order has, so that no key is likelier than another (FIPS 186-5, A.2.1).
    """
    return ec.derive_private_key(int.from_bytes(_derived(PUSH_PURPOSE, 48)) % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(PURPOSE, 32)))


def _derived(purpose: bytes, length: int) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose)
    return derived.derive(current_app.config["SECRET_KEY"].encode())
