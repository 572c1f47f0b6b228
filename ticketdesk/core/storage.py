"""Bytes that are too big for rows: kept once under their SHA-256, deleted with the last reference."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model, db
from ticketdesk.core.failpoints import failpoint


class Blob(Model):
    """One content; a row exists only after its bytes are safely stored."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(primary_key=True)  # hexadecimal
    size: Mapped[int]  # bytes
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]  # last stored again; the sweep spares what is young


class Store(Protocol):
    """Where the bytes are; disk now, an S3 bucket behind the same four words."""

    def write(self, key: str, content: bytes) -> None:
        """Keep the bytes durably under the key; writing the same key again is harmless."""

    def read(self, key: str) -> bytes:
        """The bytes; raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Forget the bytes; no error when there are none."""

    def keys(self, before: datetime) -> Iterator[str]:
        """Every key last written before a moment, for the sweep that looks for orphans."""


class DiskStore:
    """A folder tree in two levels of the first hexadecimal digits, never served by a web server."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise FileNotFoundError(key)
        return self.root / key[:2] / key[2:4] / key

    def write(self, key: str, content: bytes) -> None:
        """Write beside, flush to disk, then rename: a key is there whole or not at all."""
        path = self._path(key)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            failpoint("blob write")
            os.replace(beside, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, key: str) -> bytes:
        """The bytes of one key."""
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove the file of one key."""
        with suppress(FileNotFoundError):
            self._path(key).unlink()

    def keys(self, before: datetime) -> Iterator[str]:
        """Every stored key whose file is older than `before`; what a killed process left half written goes."""
        for path in self.root.glob("??/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime >= before.timestamp():
                    continue
                if path.name.startswith("."):
                    path.unlink()
                else:
                    yield path.name


def connect(app: Flask, store: Store) -> None:
    """Give the app its store."""
    app.extensions["ticketdesk.storage"] = store


def store() -> Store:
    """The store of the running app."""
    found: Store = current_app.extensions["ticketdesk.storage"]
    return found


def keep(content: bytes, at: datetime) -> str:
    """Store the bytes with their row in the caller's transaction; returns the SHA-256.

    The row comes first: its lock keeps a sweep away from the bytes until the transaction ends.
    """
    key = hashlib.sha256(content).hexdigest()
    statement = insert(Blob).values(sha256=key, size=len(content), created_at=at, touched_at=at)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Blob.sha256], set_={"touched_at": statement.excluded.touched_at}
        )
    )
    store().write(key, content)
    return key


def read(sha256: str) -> bytes:
    """The bytes of a blob; raises FileNotFoundError."""
    return store().read(sha256)
