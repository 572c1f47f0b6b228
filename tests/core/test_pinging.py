"""A connection that was cut while it rested is replaced before anybody notices."""

import pytest
from flask import Flask
from sqlalchemy import text

from ticketdesk.core import pinging
from ticketdesk.core.db import db


def test_a_connection_cut_while_it_rested_is_replaced(committed_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == first
    monkeypatch.setattr(pinging, "FRESH", 0.0)
    with db.engine.connect() as ours, db.engine.connect() as other:
        cut, kept = sorted((ours, other), key=lambda one: one.connection.dbapi_connection.info.backend_pid != first)  # type: ignore[union-attr]
        kept.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
        del cut
    with db.engine.connect() as one, db.engine.connect() as two:
        pids = {each.execute(text("SELECT pg_backend_pid()")).scalar_one() for each in (one, two)}
    assert first not in pids
