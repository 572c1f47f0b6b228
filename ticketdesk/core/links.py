"""Signed numbers of rows, for addresses that open one thing: the row behind them can be revoked."""

import base64
import hashlib
import hmac
import re

from flask import current_app

SIGNATURE_BYTES = 20
_WRITTEN = re.compile(r"([0-9]{1,18})-([a-z2-7]{32})", re.ASCII)


def signed(purpose: str, row_id: int) -> str:
    """The number of a row with an HMAC-SHA256 of 160 bits over it, for one purpose only (SECURITY R04)."""
    return f"{row_id}-{_signature(_keys()[0], purpose, row_id)}"


def read(purpose: str, token: str) -> int | None:
    """The number behind a token that one of our keys signed for this purpose, else None."""
    found = _WRITTEN.fullmatch(token)
    if found is None or found[1] != str(int(found[1])):  # one spelling for each number
        return None
    row_id = int(found[1])
    for key in _keys():
        if hmac.compare_digest(_signature(key, purpose, row_id), found[2]):
            return row_id
    return None


def _keys() -> tuple[str, ...]:
    return (current_app.config["SECRET_KEY"], *(current_app.config["SECRET_KEY_FALLBACKS"] or ()))


def _signature(key: str, purpose: str, row_id: int) -> str:
    mac = hmac.new(key.encode(), f"link\x00{purpose}\x00{row_id}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mac[:SIGNATURE_BYTES]).decode().lower()
