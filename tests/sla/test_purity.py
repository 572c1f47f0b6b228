"""The rules of time are plain reckoning: nothing they import knows of a request or a database."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = (
    "ticketdesk.calendars.days_off",
    "ticketdesk.calendars.hours",
    "ticketdesk.calendars.preview",
    "ticketdesk.calendars.repeating",
    "ticketdesk.notifications.when",
    "ticketdesk.sla.explain",
    "ticketdesk.sla.judging",
    "ticketdesk.sla.likely",
    "ticketdesk.sla.policies",
    "ticketdesk.tickets.saved_view_fields",
)
FORBIDDEN = ("flask", "sqlalchemy", "psycopg", "redis", "rq")


def imported(module: str, seen: set[str]) -> set[str]:
    """Everything a module of ours imports, directly or through another module of ours."""
    if module in seen:
        return seen
    seen.add(module)
    source = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if not source.is_file():
        return seen
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            imported(name, seen)
    return seen


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_reach_neither_flask_nor_the_database(module: str) -> None:
    found = imported(module, set())
    assert "datetime" in found
    assert [name for name in found if name.split(".")[0] in FORBIDDEN or name.startswith("ticketdesk.core.db")] == []
