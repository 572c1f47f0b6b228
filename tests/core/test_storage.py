"""Bytes: kept once, read back whole, gone with the last reference and not before."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import storage, storage_sweep
from ticketdesk.core.db import db
from ticketdesk.core.storage import Blob, DiskStore

CONTENT = b"an invoice"
KEY = hashlib.sha256(CONTENT).hexdigest()


def files() -> list[str]:
    store = storage.store()
    assert isinstance(store, DiskStore)
    return [path.name for path in store.root.rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once(app: Flask, now: datetime) -> None:
    assert storage.keep(CONTENT, now) == storage.keep(CONTENT, now) == KEY
    assert storage.read(KEY) == CONTENT
    assert db.session.scalars(select(Blob.size)).all() == [len(CONTENT)]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x" * 64, KEY.upper(), KEY + "0", "a/" + KEY])
def test_a_name_that_is_no_digest_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        DiskStore(tmp_path).read(name)


def test_what_nothing_refers_to_goes_after_a_while(app: Flask, now: datetime) -> None:
    storage.keep(CONTENT, now)
    db.session.commit()
    assert storage_sweep.sweep(now) == 0
    assert storage_sweep.sweep(now + storage_sweep.GRACE + timedelta(seconds=1)) == 1
    assert KEY not in files()
    assert db.session.get(Blob, KEY) is None


def test_what_something_refers_to_stays(app: Flask, now: datetime) -> None:
    db.session.add(RawMail(blob_sha256=storage.keep(CONTENT, now), size=1, source="cli", received_at=now))
    db.session.commit()
    assert storage_sweep.sweep(now + timedelta(days=1)) == 0
    assert storage.read(KEY) == CONTENT


def test_bytes_whose_row_was_rolled_back_go_as_well(app: Flask, now: datetime) -> None:
    storage.keep(CONTENT, now)
    db.session.rollback()
    store = storage.store()
    assert isinstance(store, DiskStore)
    old = (now - timedelta(days=1)).timestamp()
    os.utime(store.root / KEY[:2] / KEY[2:4] / KEY, (old, old))
    assert storage_sweep.sweep(now) == 1
    assert KEY not in files()


def test_what_a_killed_process_left_half_written_goes(app: Flask, now: datetime) -> None:
    storage.keep(CONTENT, now)
    db.session.commit()
    store = storage.store()
    assert isinstance(store, DiskStore)
    half = store.root / KEY[:2] / KEY[2:4] / ".new-abc"
    half.write_bytes(CONTENT[:3])
    os.utime(half, ((now - timedelta(days=1)).timestamp(),) * 2)
    storage_sweep.sweep(now)
    assert half.name not in files()
    assert storage.read(KEY) == CONTENT


def test_every_reference_to_a_blob_is_known_to_the_sweep() -> None:
    found = {(table.name, column) for table, column in storage_sweep.references(db.metadata)}
    assert found >= {("attachments", "blob_sha256"), ("raw_mails", "blob_sha256")}
