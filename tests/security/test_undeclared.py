"""AZ-05: what is sent beyond what a door asks for is kept nowhere."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import DateTime, Integer, Text, cast, literal, literal_column, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from tests.security.matrix import ROWS
from tests.security.stage import Stage
from tests.security.test_matrix import UNSAFE, address
from tests.security.test_naughty import at_the_door
from ticketdesk.core.db import db

WORD, NUMBER, MOMENT = "undeclared-canary", 918273645, "2031-07-08T09:10:11"
EXTRAS = (
    "is_admin",
    "is_superuser",
    "admin",
    "roles",
    "permissions",
    "owner",
    "_method",
    "__class__",
    "constructor",
)
"""Names that other people's programs believed."""


def columns() -> Iterator[tuple[str, object]]:
    """Every name that some table has, with a value of its kind that stands nowhere else."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Integer):
                yield column.name, NUMBER
            elif isinstance(column.type, DateTime) or column.type.python_type is datetime:
                yield column.name, MOMENT
            else:
                yield column.name, WORD


def found_in(stage: Stage) -> list[str]:
    """The tables that hold any of it."""
    return [name for (name,) in stage.connection.execute(HOLDING)]


def _holding() -> CompoundSelect[Any]:
    asked = []
    for table in db.metadata.sorted_tables:
        row = cast(literal_column(table.name), Text)
        is_there = row.contains(WORD) | row.contains(str(NUMBER)) | row.contains(MOMENT.replace("T", " "))
        asked.append(select(literal(table.name)).select_from(table).where(is_there))
    return union_all(*asked)


KNOWN = dict(columns())
HOLDING = _holding()


@pytest.mark.parametrize("key", UNSAFE, ids=lambda key: f"{key[0]}-{key[1]}")
def test_all_that_no_form_asks_for(stage: Stage, key: tuple[str, str]) -> None:
    row = ROWS[key]
    with stage.undone():
        where = address(stage, key[0], row.args(stage.ids))
        more = {**KNOWN, **dict.fromkeys(EXTRAS, WORD)}
        response = at_the_door(stage, key).open(where, method=key[1], data={**more, **row.form(stage.ids)})
        db.session.rollback()
        assert (response.status_code < 500, found_in(stage)) == (True, [])


def test_what_is_kept_would_be_found(stage: Stage) -> None:
    with stage.undone():
        stage.connection.exec_driver_sql(f"UPDATE agents SET name = '{WORD}' WHERE role = 'administrator'")
        stage.connection.exec_driver_sql(f"UPDATE tickets SET opened_at = '{MOMENT}Z'")
        stage.connection.exec_driver_sql(f"UPDATE queues SET position = {NUMBER}")
        assert set(found_in(stage)) == {"agents", "tickets", "queues"}
    assert found_in(stage) == []
