"""Whether it is alive and ready, and what it says when a part is away."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests import servers as test_servers
from ticketdesk import create_app
from ticketdesk.core.db import db


def test_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"database": True, "migrations": True, "redis": True})


def test_tables_of_another_release_are_not_ready(app: Flask, client: FlaskClient) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    db.session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["migrations"]) == (503, False)


def test_an_empty_database_is_not_ready(app: Flask, client: FlaskClient) -> None:
    db.session.execute(text("DROP TABLE alembic_version"))
    db.session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"database": True, "migrations": False, "redis": True}


def test_without_redis_pages_still_come(app: Flask, tmp_path: Path) -> None:
    database_url = app.config["SQLALCHEMY_DATABASE_URI"]
    lonely = create_app(test_servers.settings(database_url, "redis://127.0.0.1:1/0", tmp_path / "var"))
    client = lonely.test_client()
    assert client.get("/readyz").get_json()["redis"] is False
    assert client.get("/healthz").status_code == 200
    assert client.get("/sign-in").status_code == 200
    with lonely.app_context():
        db.session.remove()
        db.engine.dispose()
