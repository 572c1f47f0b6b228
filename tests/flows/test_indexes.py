"""What happens for each mail, answer or chat finds its rows by an index: a million tickets change nothing for it."""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from tests.channels.test_kinds import KINDS
from tests.people import World
from ticketdesk.core.db import db

LARGE = {
    "attachments",
    "checklist_items",
    "contact_notes",
    "contact_values",
    "contacts",
    "drafts",
    "events",
    "identities",
    "identity_links",
    "later_replies",
    "mail_deliveries",
    "messages",
    "notifications",
    "outbox",
    "participants",
    "placements",
    "raw_mails",
    "readings",
    "recipients",
    "routing_decisions",
    "search_rows",
    "side_messages",
    "side_people",
    "sla_promises",
    "sla_timers",
    "survey_answers",
    "survey_invitations",
    "ticket_tags",
    "ticket_values",
    "tickets",
    "visitors",
}
"""Tables that grow with what customers write."""
ASKED = ("SELECT", "UPDATE", "DELETE", "WITH")

Asked = dict[str, Mapping[str, Any]]


@contextmanager
def asking() -> Iterator[Asked]:
    """What the database is asked meanwhile, each statement once with the values of its last time."""
    found: Asked = {}

    def hears(_connection: object, _cursor: object, statement: str, given: Any, _context: object, many: bool) -> None:
        if statement.lstrip().startswith(ASKED) and not many:
            found[statement] = given

    event.listen(db.engine, "before_cursor_execute", hears)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", hears)


def read_whole(asked: Asked) -> dict[str, set[str]]:
    """The large tables that a statement reads from end to end although it may not, where there is any other way."""
    cursor = db.session.connection().connection.cursor()
    cursor.execute("SET LOCAL enable_seqscan = off")
    cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
    partial = {name for (name,) in cursor.fetchall()}
    found: dict[str, set[str]] = {}
    for statement, given in asked.items():
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", given)
        (plan,) = cursor.fetchone() or ({},)
        whole = scanned(plan[0]["Plan"], partial) & LARGE
        if whole:
            found[" ".join(statement.split())] = whole
    cursor.close()
    return found


def scanned(plan: Mapping[str, Any], partial: Set[str]) -> set[str]:
    """Tables that a plan reads from end to end, be it in the order of an index; a partial index may hold few rows."""
    kind = plan["Node Type"]
    along = kind.startswith("Index") and "Index Cond" not in plan and "Filter" in plan
    is_whole = kind == "Seq Scan" or (along and plan["Index Name"] not in partial)
    here = {str(plan["Relation Name"])} if is_whole else set()
    return here.union(*(scanned(one, partial) for one in plan.get("Plans", [])))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_story_reads_no_large_table_whole(app: Flask, world: World, now: datetime, kind: str) -> None:
    with asking() as asked:
        KINDS[kind].make(world, now)
    assert asked
    assert read_whole(asked) == {}


def test_what_has_no_index_is_seen(world: World) -> None:
    with asking() as asked:
        db.session.execute(text("SELECT id FROM placements WHERE placed_at > now()"))
    assert list(read_whole(asked).values()) == [{"placements"}]
    with asking() as asked:
        db.session.execute(text("SELECT id FROM placements WHERE ticket_id = 1"))
    assert read_whole(asked) == {}
