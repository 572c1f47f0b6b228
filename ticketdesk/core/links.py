"""Signed numbers of rows, for addresses that open one thing: the row behind them can be revoked."""

import re

from ticketdesk.core import tokens

SIGNATURE_BYTES = 20
_WRITTEN = re.compile(r"([0-9]{1,18})-([a-z2-7]{32})", re.ASCII)


def signed(purpose: str, row_id: int) -> str:
    """The number of a row with an HMAC-SHA256 of 160 bits over it, for one purpose only (SECURITY R04)."""
    return f"{row_id}-{tokens.sign(tokens.signing_keys()[0], _scope(purpose), str(row_id), SIGNATURE_BYTES)}"


def read(purpose: str, token: str) -> int | None:
    """The number behind a token that one of our keys signed for this purpose, else None."""
    found = _WRITTEN.fullmatch(token)
    if found is None or found[1] != str(int(found[1])):  # one spelling for each number
        return None
    for key in tokens.signing_keys():
        if tokens.verify(key, _scope(purpose), found[1], found[2], SIGNATURE_BYTES):
            return int(found[1])
    return None


def _scope(purpose: str) -> str:
    """Apart from what the same word may stand for in other signatures."""
    return f"link {purpose}"
