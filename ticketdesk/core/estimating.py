"""What the planner of the database expects of a statement, without running it."""

from typing import Any

from sqlalchemy import ClauseElement, Executable, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from ticketdesk.core.db import db


class _Explain(Executable, ClauseElement):
    """EXPLAIN of a statement; the planner answers, and nothing is read but its statistics."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain, "postgresql")
def _explain(element: _Explain, compiler: SQLCompiler, **given: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **given)}"


def rows_expected(statement: Select[Any]) -> int:
    """How many rows the planner thinks that a statement finds; costs about as much as planning it."""
    plan = db.session.execute(_Explain(statement)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])
