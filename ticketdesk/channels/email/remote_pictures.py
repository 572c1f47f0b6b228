"""Pictures that a mail fetches from elsewhere: fetched by us, so that nobody learns who looked."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core import outgoing, pictures, storage, tokens
from ticketdesk.core.db import Model, db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.outgoing import Moved, Unreachable
from ticketdesk.tickets.message import Message

LARGEST = 5 * 1024 * 1024
"""Bytes. More than other things that we fetch (SECURITY R09): photographs in mail are often over 1 MiB."""
MOST_HOPS = 3
ACCEPT = "image/webp,image/png,image/jpeg,image/gif"
PURPOSE = "picture"
SIGNATURE_BYTES = 20
DAYS = 2
"""A link is good until the end of the day after; the same all day long, so that browsers keep what they have."""
KEPT = timedelta(days=7)
KEPT_REFUSALS = timedelta(minutes=10)


class RemotePicture(Model):
    """What was found at one address: a picture, or why there is none. Kept for a while, and never asked again in it."""

    __tablename__ = "remote_pictures"
    __table_args__ = (
        Index("ix_remote_pictures_forget_at", "forget_at"),
        Index("ix_remote_pictures_blob", "blob_sha256"),
    )

    url_sha256: Mapped[str] = mapped_column(primary_key=True)  # hexadecimal; the address itself may name a person
    blob_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    kind: Mapped[str | None]  # media type, by the bytes
    problem: Mapped[str | None]  # why there is no picture
    fetched_at: Mapped[datetime]
    forget_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to hand on."""

    content: bytes
    kind: str


def proof(message_id: int, url: str, until: int) -> str:
    """The signature that lets whoever has it see one picture of one message up to a day (SECURITY R04)."""
    return tokens.sign(tokens.signing_keys()[0], PURPOSE, _signed(message_id, url, until), SIGNATURE_BYTES)


def may_show(message_id: int, url: str, until: int, signature: str, now: datetime) -> bool:
    """Whether a link is ours and not over yet, and its message still says something."""
    if not 0 <= until - _day(now) < DAYS:
        return False
    value = _signed(message_id, url, until)
    if not any(tokens.verify(key, PURPOSE, value, signature, SIGNATURE_BYTES) for key in tokens.signing_keys()):
        return False
    found = select(Message.id).where(Message.id == message_id, Message.html.is_not(None))
    return db.session.scalar(found) is not None


def last_day(now: datetime) -> int:
    """Up to which day, counted since 1970, links that are made now are good."""
    return _day(now) + DAYS - 1


def kept(url: str, now: datetime) -> RemotePicture | None:
    """What was found at an address not long ago."""
    return db.session.scalar(
        select(RemotePicture).where(RemotePicture.url_sha256 == _digest(url), RemotePicture.forget_at > now)
    )


def content_of(found: RemotePicture) -> Shown | None:
    """The picture, unless there is none or its bytes are gone."""
    if found.blob_sha256 is None or found.kind is None:
        return None
    try:
        return Shown(storage.read(found.blob_sha256), found.kind)
    except FileNotFoundError:
        return None


def fetch(url: str) -> Shown:
    """The picture at an address; raises Unreachable with the reason. No transaction may be open meanwhile.

    Every address on the way is looked at as if somebody had typed it: none in a private network is asked.
    """
    for _ in range(MOST_HOPS + 1):
        try:
            content = outgoing.get(url, ACCEPT, largest=LARGEST)
        except Moved as moved:
            url = urljoin(url, moved.location)
            continue
        except Invalid as refusal:
            raise Unreachable(str(refusal)) from None
        return _checked(content)
    raise Unreachable("It sends us on too often.")


def keep(url: str, shown: Shown | None, problem: str | None, now: datetime) -> None:
    """Remember what was found; two who look at once keep the same."""
    values = {
        "url_sha256": _digest(url),
        "blob_sha256": storage.keep(shown.content, now) if shown is not None else None,
        "kind": shown.kind if shown is not None else None,
        "problem": problem,
        "fetched_at": now,
        "forget_at": now + (KEPT if shown is not None else KEPT_REFUSALS),
    }
    statement = insert(RemotePicture).values(values)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[RemotePicture.url_sha256],
            set_={name: statement.excluded[name] for name in values if name != "url_sha256"},
        )
    )


def forget_old(now: datetime) -> int:
    """The periodic job: forget what was kept long enough; the blobs go with their last reference."""
    gone = db.session.scalars(
        delete(RemotePicture).where(RemotePicture.forget_at <= now).returning(RemotePicture.url_sha256),
        execution_options={"synchronize_session": False},
    ).all()
    return len(gone)


def _checked(content: bytes) -> Shown:
    found = pictures.look(content)
    if found is None:
        raise Unreachable("This is no picture that is shown here: only PNG, JPEG, GIF and WebP are.")
    if found.is_too_large:
        raise Unreachable("It has more than 40 megapixels.")
    if found.is_trace:
        raise Unreachable("It is a tracking picture.")
    return Shown(content, found.kind)


def _signed(message_id: int, url: str, until: int) -> str:
    return f"{message_id} {until} {url}"


def _day(now: datetime) -> int:
    return int(now.astimezone(UTC).timestamp()) // 86_400


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
