"""What no line of the product may do outside the places named here (SECURITY IN-14, R06, R30)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARKUP = {
    "ticketdesk/web/texts.py",  # our own words, whose values are escaped
    "ticketdesk/core/markdown.py",  # Markdown in which no HTML passes
    "ticketdesk/web/desk/sheets.py",  # mail that was cleaned at intake, into a frame in which nothing runs
}
CALLS: dict[str, set[str]] = {
    "Markup": MARKUP,
    "eval": set(),
    "exec": set(),
    "render_template_string": set(),
}
IMPORTS: dict[str, set[str]] = {"pickle": set(), "marshal": set(), "shelve": set(), "requests": set(), "yaml": set()}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "ticketdesk").rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def test_dangerous_calls_stand_only_where_they_are_listed() -> None:
    found: dict[str, set[str]] = {name: set() for name in CALLS}
    for place, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if name in found and not (name in ("eval", "exec") and isinstance(node.func, ast.Attribute)):
                    found[name].add(place)
    assert found == CALLS


def test_no_library_that_runs_what_it_reads() -> None:
    found: dict[str, set[str]] = {name: set() for name in IMPORTS}
    for place, tree in sources():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if (top := name.partition(".")[0]) in found:
                    found[top].add(place)
    assert found == IMPORTS


def test_statements_are_never_put_together_from_words() -> None:
    """`text(...)` of SQLAlchemy gets a constant, never an f-string, a sum or a variable."""
    for place, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "text" and node.args:
                given = node.args[0]
                constant = isinstance(given, ast.Constant)
                # The conditions of partial indexes are constants of their module.
                of_index = isinstance(given, ast.JoinedStr | ast.Name) and place == "ticketdesk/tickets/ticket.py"
                assert constant or of_index, f"{place}:{node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_switches_escaping_off(path: Path) -> None:
    words = path.read_text()
    assert not re.search(r"\|\s*safe\b|autoescape", words)
    assert not re.search(r"\s(on[a-z]+|style)=[\"']|javascript:", words)


def test_what_customers_read_knows_nothing_of_time_spent() -> None:
    """AZ-03: only these may name it: the verbs, merges, reports and the desk (decision 0014)."""
    allowed = re.compile(
        r"ticketdesk/(wiring|tickets/(time_spent|timekeeping|sittings|merging)|reports/(own|worked)"
        r"|web/desk/(__init__|opened|showing|side_showing|sittings|time_spent|time_shown)|web/supervisor/(__init__|worked))\.py"
    )
    for place, tree in sources():
        named = [
            f"{node.module}.{name.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        ]
        if any(re.search(r"\.(time_spent|timekeeping|sittings|worked)\b", name) for name in named):
            assert allowed.fullmatch(place), place


def test_what_customers_read_knows_nothing_of_side_conversations() -> None:
    """Only these may name them: the verbs, what a merge would show, mail, notices, and the desk (decision 0012)."""
    allowed = re.compile(
        r"ticketdesk/(wiring|tickets/(side_\w+|merging|audience)|channels/(side_delivery|email/(side_\w+|earlier|understanding|commands))"
        r"|notifications/rules|web/desk/(beside|side_\w+|attachments))\.py"
    )
    for place, tree in sources():
        named = [
            f"{node.module}.{name.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        ]
        if any(re.search(r"\.side_(?!conversations$|form$|showing$)\w+", name) for name in named):
            assert allowed.fullmatch(place), place
