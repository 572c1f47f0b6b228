"""Taking a row of the outbox: who has its lease does its work."""

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ticketdesk.core import workplace
from ticketdesk.core.db import db
from ticketdesk.core.outbox import LEASE, PLACES, TABLE, WAITING, Claim, claim_of

_ROW = TABLE.c


def take(row_id: int, now: datetime) -> Claim | None:
    """Take a due row for one lease, or None when it is done, not due, or another's; the caller commits at once."""
    return _taken(_of_id(), now, {"of": row_id})


def take_next(lane: str, now: datetime, *, died: bool | None = None) -> Claim | None:
    """Take the row of a lane that has been due for longest, or None when all are done or another's.

    Rows whose outside server has no place left are passed over, so that a slow one holds up only its own.
    `died` True: only those that were in the hands of a worker as it died; False: only the others.
    The caller commits at once.
    """
    return _taken(_next(died), now, {"of_lane": lane})


def has_died(lane: str, now: datetime) -> bool:
    """Whether a row of a lane could be taken that was in the hands of a worker as it died."""
    return db.session.execute(select(_ready(True).exists()), {"of_lane": lane, "now": now}).scalar_one()


def _taken(statement: ReturningUpdate[Any], now: datetime, which: dict[str, Any]) -> Claim | None:
    token = f"{workplace.hand()}.{secrets.token_hex(8)}"
    lease = {"new_token": token, "new_until": now + LEASE, "new_place": workplace.here()}
    row = db.session.execute(statement, {**which, **lease, "now": now}).one_or_none()
    return None if row is None else claim_of(row, token)


# Built once: a row is taken for everything that happens, and building costs more than taking.
@lru_cache
def _of_id() -> ReturningUpdate[Any]:
    return _taking(_ROW.id == bindparam("of"))


@lru_cache
def _next(died: bool | None) -> ReturningUpdate[Any]:
    first = _ready(died).order_by(_ROW.due_at, _ROW.id).limit(1).with_for_update(skip_locked=True)
    return _taking(_ROW.id == first.scalar_subquery())


def _ready(died: bool | None) -> Select[int]:
    full = (
        select(_ROW.server)
        .where(_ROW.state == "claimed", _ROW.server.is_not(None))
        .group_by(_ROW.server)
        .having(func.count() >= PLACES)
    )
    found = (
        select(_ROW.id)
        .where(_ROW.lane == bindparam("of_lane"), _ROW.state.in_(WAITING), _ROW.due_at <= bindparam("now"))
        .where(or_(_ROW.server.is_(None), _ROW.server.not_in(full)))
    )
    if died is None:
        return found
    return found.where(_ROW.deaths > 0 if died else _ROW.deaths == 0)


def _taking(which: ColumnElement[bool]) -> ReturningUpdate[Any]:
    return (
        update(TABLE)
        .where(which, _ROW.due_at <= bindparam("now"), _ROW.state.in_(WAITING))
        .values(
            state="claimed",
            attempts=_ROW.attempts + 1,
            lease_token=bindparam("new_token"),
            leased_until=bindparam("new_until"),
            claimed_by=bindparam("new_place"),
            stage=None,
        )
        .returning(
            _ROW.id,
            _ROW.task,
            _ROW.payload,
            _ROW.attempts,
            _ROW.message_id,
            _ROW.recipient,
            _ROW.channel,
            _ROW.purpose,
            _ROW.progress,
            _ROW.deaths,
        )
    )
