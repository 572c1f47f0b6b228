"""What a connection has planned is planned once."""

from flask import Flask
from sqlalchemy import text

from ticketdesk.core import fulltext, statements
from ticketdesk.core.db import db

PLANNED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%how often%'")
ASKED = text('SELECT :number AS "how often"')


def test_a_rollback_forgets_no_plan(committed_app: Flask) -> None:
    with db.engine.connect() as connection:
        for number in range(8):
            connection.execute(ASKED, {"number": number})
            connection.rollback()
        assert connection.execute(PLANNED).scalar_one() == 1


def test_a_changed_table_is_planned_anew(committed_app: Flask) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE chairs (id bigint)"))
        for _ in range(8):
            assert connection.execute(text("SELECT * FROM chairs")).all() == []
        connection.execute(text("ALTER TABLE chairs ADD COLUMN legs bigint"))
        assert list(connection.execute(text("SELECT * FROM chairs")).keys()) == ["id", "legs"]
        connection.rollback()


def test_a_search_is_planned_for_its_own_words(committed_app: Flask) -> None:
    mode = text("SHOW plan_cache_mode")
    with fulltext.bounded(1000):
        assert db.session.execute(mode).scalar_one() == "force_custom_plan"
    assert db.session.execute(mode).scalar_one() == "auto"
    statements.plan_anew()
    assert db.session.execute(mode).scalar_one() == "force_custom_plan"
    db.session.commit()
    assert db.session.execute(mode).scalar_one() == "auto"
