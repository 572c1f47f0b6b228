"""What went wrong, in words for people and in JSON for machines."""

from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from sqlalchemy.exc import IntegrityError

from tests import servers as test_servers
from tests.people import World, sign_in
from ticketdesk import create_app
from ticketdesk.core import clock

JSON = {"Accept": "application/json"}


def test_a_page_for_people(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing here" in answer.text


def test_json_for_machines(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers=JSON)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json() == {"type": "about:blank", "title": "Not found", "status": 404}
    assert client.get("/api/v1/nowhere").mimetype == "application/problem+json"


def test_a_refusal_has_its_reason(app: Flask, world: World) -> None:
    ada = sign_in(app.test_client(), world.ada)
    answer = ada.post(f"/admin/agents/{world.ada.id}/disabling")
    assert answer.status_code == 409
    assert "The last administrator cannot be disabled" in answer.text
    answer = ada.post(f"/admin/agents/{world.ada.id}/disabling", headers=JSON)
    assert answer.get_json()["detail"].startswith("The last administrator")


def test_the_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.open("/healthz", method="DELETE")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_foreign_host_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_whoever_came_second_to_the_same_thing_is_told(app: Flask, world: World) -> None:
    with app.test_request_context("/desk/tickets", method="POST"):
        g.now = clock.now()
        answer = app.handle_user_exception(IntegrityError("INSERT", {}, UniqueViolation()))
        assert app.make_response(answer).status_code == 409
        with pytest.raises(IntegrityError):
            app.handle_user_exception(IntegrityError("INSERT", {}, ForeignKeyViolation()))


@pytest.mark.parametrize("path", ["/desk/views/mine", "/readyz", "/sign-in", "/"])
def test_without_a_database_it_asks_for_patience(redis_url: str, tmp_path: Path, path: str) -> None:
    app = create_app(test_servers.settings("postgresql://nobody@127.0.0.1:1/none", redis_url, tmp_path / "var"))
    client = app.test_client()
    client.set_cookie("agent", "a secret")
    answer = client.get(path)
    assert answer.status_code == 503
    if path != "/readyz":
        assert answer.headers["Retry-After"] == "5"
        assert "Back in a moment" in answer.text
    else:
        assert answer.get_json() == {"database": False, "migrations": False, "redis": True}
    assert client.get("/healthz").status_code == 200
