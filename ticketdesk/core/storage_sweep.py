"""Deleting blobs that nothing refers to any more, and bytes that never got a row."""

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import MetaData, Table, delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.core import storage
from ticketdesk.core.db import Base, db
from ticketdesk.core.storage import Blob

GRACE = timedelta(minutes=30)
"""A blob this young may be waiting for the row that refers to it; SECURITY I7 allows an hour."""
AT_ONCE = 500


def references(metadata: MetaData) -> list[tuple[Table, str]]:
    """Every column that points to a blob, found in the schema, so that a new one cannot be forgotten."""
    return [
        (table, key.parent.name)
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == Blob.__tablename__
    ]


def sweep(now: datetime, limit: int = 1000) -> int:
    """Delete unreferenced blobs older than GRACE; returns how many. Bytes go while their row is still locked."""
    unused = select(Blob.sha256).where(Blob.touched_at < now - GRACE)
    for table, column in references(Base.metadata):
        unused = unused.where(~exists().where(table.c[column] == Blob.sha256))
    keys = db.session.scalars(
        delete(Blob)
        .where(Blob.sha256.in_(unused.limit(limit).with_for_update(skip_locked=True, of=Blob)))
        .returning(Blob.sha256),
        execution_options={"synchronize_session": False},
    ).all()
    for key in keys:
        storage.store().delete(key)
    db.session.commit()
    return len(keys) + _orphans(now)


def _orphans(now: datetime) -> int:
    """Bytes whose transaction never committed."""
    count = 0
    found = storage.store().keys(now - GRACE)
    while keys := list(islice(found, AT_ONCE)):
        known = set(db.session.scalars(select(Blob.sha256).where(Blob.sha256.in_(keys))))
        count += sum(_forget(key, now) for key in keys if key not in known)
        db.session.commit()
    return count


def _forget(key: str, now: datetime) -> bool:
    """Delete bytes without a row, under the lock of a row of our own; False when somebody has just made one."""
    made = insert(Blob).values(sha256=key, size=0, created_at=now, touched_at=now).on_conflict_do_nothing()
    if db.session.execute(made.returning(Blob.sha256)).first() is None:
        return False
    storage.store().delete(key)
    db.session.execute(delete(Blob).where(Blob.sha256 == key))
    db.session.commit()
    return True
