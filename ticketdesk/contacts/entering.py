"""Customers prove an address by a mailed code: made for the browser that asked, good once and for a few minutes."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select, update

from ticketdesk.contacts import organizations
from ticketdesk.contacts.code import EntryCode
from ticketdesk.contacts.contact import IMPORTED, PROVEN, Identity, IdentityLink
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

DIGITS = 8
LIFE = timedelta(minutes=10)
WRONG = "This code is not right, or it is too old."


def make(identity: Identity, asked: str, now: datetime, expires_at: datetime) -> str:
    """A new code for one address, which makes earlier ones void; `asked` is the secret of the browser, hashed."""
    db.session.execute(
        update(EntryCode)
        .where(EntryCode.identity_id == identity.id, EntryCode.used_at.is_(None), EntryCode.expires_at > now)
        .values(expires_at=now),
        execution_options={"synchronize_session": False},
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    db.session.add(
        EntryCode(
            identity_id=identity.id,
            asked=asked,
            digest=_digest(asked, code),
            created_at=now,
            expires_at=expires_at,
            used_at=None,
        )
    )
    db.session.flush()
    return code


def use(code: str, asked: str, now: datetime) -> Identity:
    """Spend a code and note that its address is proven; of several at the same moment one succeeds.

    Raises Invalid, with the same words whatever was wrong.
    """
    typed = "".join(letter for letter in code if not letter.isspace() and letter != "-")
    identity_id = db.session.execute(
        update(EntryCode)
        .where(
            EntryCode.asked == asked,
            EntryCode.digest == _digest(asked, typed),
            EntryCode.used_at.is_(None),
            EntryCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(EntryCode.identity_id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    if identity_id is None:
        raise Invalid(WRONG, "code")
    identity = db.session.get_one(Identity, identity_id)
    if identity.verification in ("none", "replied"):
        identity.verification = "confirmed"
        organizations.settle(identity)
    return identity


def identities_of(identity: Identity) -> list[int]:
    """Whose tickets somebody may see who proved this address: its own, and those of the contact's proven ones.

    A shared mailbox is nobody's, and an address that a file gave to the contact was shown to be theirs by nothing: they
    bring no other address along and are brought by none.
    """
    if identity.is_shared:
        return [identity.id]
    own = select(IdentityLink.contact_id).where(
        IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None), IdentityLink.evidence != IMPORTED
    )
    others = db.session.scalars(
        select(Identity.id)
        .join(IdentityLink, IdentityLink.identity_id == Identity.id)
        .where(
            IdentityLink.contact_id.in_(own),
            IdentityLink.ended_at.is_(None),
            IdentityLink.evidence != IMPORTED,
            Identity.verification.in_(PROVEN),
            Identity.is_shared.is_(False),
            Identity.id != identity.id,
        )
        .order_by(Identity.id)
    )
    return [identity.id, *others]


def sweep(before: datetime) -> None:
    """Remove codes that were over before a moment."""
    db.session.execute(
        delete(EntryCode).where(EntryCode.expires_at < before), execution_options={"synchronize_session": False}
    )


def _digest(asked: str, code: str) -> str:
    """With the secret key, because whoever reads the table could try all codes in a second."""
    key: str = current_app.config["SECRET_KEY"]
    return hmac.new(key.encode(), f"entry code\x00{asked}\x00{code}".encode(), hashlib.sha256).hexdigest()


def asking() -> str:
    """The secret by which the browser that asks is known again."""
    return tokens.fresh()
