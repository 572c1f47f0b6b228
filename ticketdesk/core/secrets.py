"""Passwords of other systems, which must be read back: encrypted in the database, shown to nobody."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

PURPOSE = b"ticketdesk: secrets at rest"


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


def _box() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return Fernet(base64.urlsafe_b64encode(derived.derive(current_app.config["SECRET_KEY"].encode())))
