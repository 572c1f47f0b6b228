"""Where messages ever stood is found by an index: without, each new ticket read millions of rows."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement, text

from tests.people import World
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Placement


@pytest.mark.parametrize("asked", [Placement.ticket_id == 1, Placement.message_id == 1], ids=["ticket", "message"])
def test_also_where_they_stand_no_more(world: World, asked: ColumnElement[bool]) -> None:
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    wanted = db.session.query(Placement.id).where(asked).statement
    said = str(wanted.compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan: dict[str, Any] = db.session.execute(text(f"EXPLAIN (FORMAT JSON) {said}")).scalar_one()[0]["Plan"]
    while "Plans" in plan:
        plan = plan["Plans"][0]
    assert "Index Cond" in plan
