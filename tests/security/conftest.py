"""The stage is set once for all tests of a file; each of them leaves it as it was.

Others must not use `app` in the same file: its transaction would wait for that of the stage.
"""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.security import stage as stages
from tests.security.stage import Stage
from ticketdesk.core.db import db


@pytest.fixture(scope="module")
def set_stage(whole_app: Flask) -> Iterator[Stage]:
    """Everything on one connection in one transaction that is never committed."""
    with whole_app.app_context(), db.engine.connect() as connection, pytest.MonkeyPatch.context() as patch:
        transaction = connection.begin()
        patch.setitem(db.engines, None, connection)
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        stage = stages.build(whole_app, connection)
        db.session.remove()
        db.session.configure(join_transaction_mode="conditional_savepoint")
        patch.undo()
        yield stage
        transaction.rollback()


@pytest.fixture
def stage(set_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stage, with the app on its connection while the test runs."""
    with set_stage.app.app_context():
        monkeypatch.setitem(db.engines, None, set_stage.connection)
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        set_stage.app.extensions["ticketdesk.redis"].flushdb()
        with set_stage.undone():
            yield set_stage
            db.session.remove()
        db.session.configure(join_transaction_mode="conditional_savepoint")
