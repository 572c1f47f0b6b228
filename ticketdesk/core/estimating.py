"""What the planner of the database expects of a statement, without running it."""

from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, func, select
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


def rows_expected(*statements: Select[Any]) -> list[int]:
    """How many rows the planner thinks that each of these finds; asked at once, which costs as much as planning them.

    Each selects one column.
    """
    # A list made of a subquery is planned by itself, and the plans stand in the order of the lists.
    all_at_once = select(*(func.array(one.scalar_subquery()) for one in statements))
    plan = db.session.execute(_Explain(all_at_once)).scalar_one()
    return [int(one["Plan Rows"]) for one in plan[0]["Plan"]["Plans"]]
