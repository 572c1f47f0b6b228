"""Counts that are kept, not counted: changes append deltas, and a job folds them into totals each second."""

from collections.abc import Iterable, Mapping
from typing import cast

from sqlalchemy import ARRAY, Select, String, Table, any_, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model, db


class Counter(Model):
    """One folded total."""

    __tablename__ = "counters"

    key: Mapped[str] = mapped_column(primary_key=True)  # e.g. "queue:3"
    value: Mapped[int]


class CounterDelta(Model):
    """One change of a total that is not folded yet; appended, so that a busy queue has no hot row."""

    __tablename__ = "counter_deltas"

    id: Mapped[Id]
    key: Mapped[str]
    delta: Mapped[int]


def move(was: Iterable[str], becomes: Iterable[str]) -> None:
    """Take one thing out of the counts it was in and into those it now belongs to."""
    before, after = set(was), set(becomes)
    shift({**dict.fromkeys(after - before, 1), **dict.fromkeys(before - after, -1)})


def shift(deltas: Mapping[str, int]) -> None:
    """Add so much to each of these counts."""
    rows = [{"key": key, "delta": delta} for key, delta in sorted(deltas.items()) if delta]
    if rows:
        with db.session.no_autoflush:  # these rows depend on no others
            db.session.execute(_APPEND, rows)


# Beside the session, which would make an object of each.
_APPEND = insert(cast(Table, CounterDelta.__table__))


def replace(prefix: str, values: Mapping[str, int]) -> None:
    """Let the counts whose keys begin with `prefix` be exactly these, when they were counted anew."""
    for table in (Counter, CounterDelta):
        db.session.execute(
            delete(table).where(table.key.startswith(prefix, autoescape=True)),
            execution_options={"synchronize_session": False},
        )
    if values:
        db.session.execute(insert(Counter), [{"key": key, "value": value} for key, value in sorted(values.items())])


def read(keys: Iterable[str]) -> dict[str, int]:
    """The present totals of the keys, deltas included; a key never counted is 0."""
    wanted = list(keys)
    totals = dict.fromkeys(wanted, 0)
    for key, value in db.session.execute(_READ, {"keys": wanted}):
        totals[key] = int(value)
    return totals


def _reading() -> Select[str, int]:
    """Built once, with all keys as one value: it is asked for with every page."""
    wanted = any_(bindparam("keys", type_=ARRAY(String)))
    folded = select(Counter.key, Counter.value).where(Counter.key == wanted)
    fresh = select(CounterDelta.key, CounterDelta.delta.label("value")).where(CounterDelta.key == wanted)
    both = folded.union_all(fresh).subquery()
    return select(both.c.key, func.sum(both.c.value)).group_by(both.c.key)


_READ = _reading()


def fold(limit: int = 10_000) -> int:
    """Add waiting deltas to their totals; returns how many. One folder at a time; a second one finds nothing."""
    if not db.session.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('ticketdesk.counters'))")).scalar_one():
        return 0
    ids = select(CounterDelta.id).order_by(CounterDelta.id).limit(limit).scalar_subquery()
    sums: dict[str, int] = {}
    count = 0
    for key, delta in db.session.execute(
        delete(CounterDelta).where(CounterDelta.id.in_(ids)).returning(CounterDelta.key, CounterDelta.delta),
        execution_options={"synchronize_session": False},
    ):
        sums[key] = sums.get(key, 0) + delta
        count += 1
    if sums:
        statement = insert(Counter).values([{"key": key, "value": value} for key, value in sorted(sums.items())])
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=[Counter.key], set_={"value": Counter.value + statement.excluded.value}
            )
        )
    return count
