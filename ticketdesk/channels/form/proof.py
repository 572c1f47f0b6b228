"""The proof a form carries: which form was shown, when, and as which filling, signed by us.

It stands where a cookie cannot: in a frame on somebody else's site. The filling also names what is sent, so that a form
sent twice makes one ticket, and it reaches the files that were left with it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from ticketdesk.core import tokens

QUICKEST = timedelta(seconds=2)
"""No person fills in a form in less."""
LASTS = timedelta(days=1)
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """One rendering of a form."""

    form_id: int
    filling: str
    shown_at: datetime

    def too_quick(self, now: datetime) -> bool:
        """Whether nobody could have read it."""
        return now - self.shown_at < QUICKEST

    def too_old(self, now: datetime) -> bool:
        """Whether it lay about for too long."""
        return now - self.shown_at >= LASTS


def begun(form_id: int, now: datetime) -> Proof:
    """The proof of a form that is shown for the first time."""
    return Proof(form_id, tokens.reference(), now)


def renewed(proof: Proof, now: datetime) -> Proof:
    """The same filling, fresh again and ready to be sent at once."""
    return Proof(proof.form_id, proof.filling, now - QUICKEST)


def written(proof: Proof) -> str:
    """What stands in the page."""
    return _signer().dumps([proof.form_id, proof.filling, int(proof.shown_at.timestamp() * 1000)])


def read(text: str | None, form_id: int) -> Proof | None:
    """The proof behind what came back; None unless we signed it for this form."""
    if not text or len(text) > LONGEST:
        return None
    try:
        signed_id, filling, shown_at = _signer().loads(text)
    except BadData:
        return None
    if signed_id != form_id:
        return None
    return Proof(form_id, filling, datetime.fromtimestamp(shown_at / 1000, UTC))


def _signer() -> URLSafeSerializer:
    keys = [*(current_app.config["SECRET_KEY_FALLBACKS"] or ()), current_app.config["SECRET_KEY"]]  # the newest last
    return URLSafeSerializer(keys, salt="a form that was shown", signer_kwargs={"digest_method": hashlib.sha256})
