"""Doors that stand open to everybody have a limit, and it holds without Redis as well."""

from io import BytesIO
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests import servers as test_servers
from tests.people import World, sign_in, with_token
from tests.security.matrix import ROWS
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.web import limits


def test_every_open_door_has_a_limit() -> None:
    """R29: what everybody may come to without being one of ours, customers' own pages too; and nothing else has."""
    found = {endpoint for (endpoint, _method), row in ROWS.items() if row.rule in ("everybody", "customers")}
    assert found == set(limits.ANONYMOUS)


def test_one_source_is_told_to_wait(client: FlaskClient) -> None:
    answers = [client.get("/sign-in/unknown").status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]
    answer = client.get("/sign-in/unknown")
    assert answer.headers["Retry-After"] == "60"
    assert "sign-in" not in answer.text
    other = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get("/sign-in/unknown", environ_base=other).status_code == 404
    assert client.get("/sign-in").status_code == 200


def test_a_header_does_not_make_another_source(client: FlaskClient) -> None:
    answers = [
        client.get("/sign-in/unknown", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(61)
    ]
    assert answers[-1] == 429


def test_the_limit_holds_without_redis(app: Flask, tmp_path: Path) -> None:
    database_url = app.config["SQLALCHEMY_DATABASE_URI"]
    lonely = create_app(test_servers.settings(database_url, "redis://127.0.0.1:1/0", tmp_path / "var"))
    client = lonely.test_client()
    answers = [client.get("/sign-in/unknown").status_code for _ in range(65)]
    assert answers[0] == 404
    assert answers[-1] == 429
    with lonely.app_context():
        db.session.remove()
        db.engine.dispose()


def test_signed_in_pages_are_not_counted(app: Flask, world: World) -> None:
    alice = sign_in(app.test_client(), world.alice)
    assert {alice.get("/account").status_code for _ in range(70)} == {200}


def test_what_anybody_may_send_is_small(app: Flask, client: FlaskClient, world: World) -> None:
    with_token(client)
    words = {"email": "x" * limits.LARGEST_ANONYMOUS, "password": "x"}
    assert client.post("/sign-in", data=words).status_code == 413
    files = {"email": "x", "password": "x", "file": (BytesIO(bytes(limits.LARGEST_ANONYMOUS)), "x")}
    assert client.post("/sign-in", data=files, content_type="multipart/form-data").status_code == 413
    assert client.post("/account/password", data={"present": "x" * 3_000_000}).status_code == 401
    alice = sign_in(app.test_client(), world.alice)
    assert alice.post("/account/password", data={"present": "x" * 3_000_000}).status_code == 413
