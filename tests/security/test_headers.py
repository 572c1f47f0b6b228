"""AU-06: what every answer of every door tells the browser, whatever its status; and the flags of cookies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests import people
from tests import servers as test_servers
from tests.people import PASSWORD
from tests.security.matrix import ROWS
from tests.security.stage import Stage
from tests.security.test_matrix import address
from tests.servers import Servers
from ticketdesk import create_app
from ticketdesk.core.db import db

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OWN_POLICY = ("portal.logo", "desk.attachment", "desk.sheet", "admin.raw_mail")
"""Doors that show what others wrote: nothing may run there at all."""
KEPT = ("assets.file", "portal.logo")
"""Doors whose answers a browser may keep."""


def check(response: TestResponse, *, own_policy: bool = False, kept: bool = False) -> None:
    headers = response.headers
    for name, value in FIXED.items():
        assert headers.getlist(name) == [value], name
    assert "camera=()" in headers["Permissions-Policy"]
    (policy,) = headers.getlist("Content-Security-Policy")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())
    assert "unsafe-eval" not in policy
    if own_policy:
        assert "sandbox" in policy
        assert directives["default-src"] == "'none'"
        assert "script-src" not in directives
    else:
        assert "unsafe" not in policy
        assert directives["default-src"] == "'self'"
        assert directives["object-src"] == "'none'"
        assert directives["base-uri"] == "'none'"
        assert directives["frame-ancestors"] == "'none'"
        assert directives["form-action"] == "'self'"
        assert directives["script-src"].startswith("'self' 'nonce-")
    if not kept:
        assert headers.getlist("Cache-Control") == ["no-store"]
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Request-ID"]
    assert "Server" not in headers or "Python" not in headers["Server"]


@pytest.mark.parametrize("key", sorted(ROWS), ids=lambda key: f"{key[0]}-{key[1]}")
def test_every_door_sets_them_for_everybody(stage: Stage, key: tuple[str, str]) -> None:
    row = ROWS[key]
    for actor in ("anonymous", "alice", "carol", "ada"):
        with stage.undone():
            response = stage.client(actor).open(
                address(stage, key[0], row.args(stage.ids)), method=key[1], data=row.form(stage.ids)
            )
        allowed = response.status_code == 200
        check(response, own_policy=allowed and key[0] in OWN_POLICY, kept=allowed and key[0] in KEPT)


@pytest.mark.parametrize(
    ("status", "path", "more"),
    [
        (404, "/nowhere", {}),
        (405, "/healthz", {"method": "POST"}),
        (400, "/", {"headers": {"Host": "evil.example"}}),
        (413, "/sign-in", {"method": "POST", "data": {"email": "x" * 100_000}}),
        (400, "/sign-in", {"method": "POST"}),
        (500, "/broken", {}),
        (503, "/away", {}),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_errors_set_them_too(broken: Flask, status: int, path: str, more: dict[str, object]) -> None:
    client = broken.test_client()
    response = client.open(path, **more)
    assert response.status_code == status
    check(response)
    assert b"Traceback" not in response.data
    assert b"swordfish" not in response.data
    assert b"SELECT" not in response.data


def test_each_answer_has_a_nonce_of_its_own(stage: Stage) -> None:
    client = stage.client("anonymous")
    assert len({client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(5)}) == 5


@pytest.fixture
def secure(servers: Servers, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The app as it is behind TLS."""
    with servers.clone() as database_url:
        public = {"PUBLIC_URL": "https://localhost"}
        app = create_app(test_servers.settings(database_url, redis_url, tmp_path / "var", **public))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_over_tls_cookies_belong_to_this_host_alone(secure: Flask) -> None:
    with secure.app_context():
        people.build()
    client = secure.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post(
        "/sign-in",
        base_url="https://localhost",
        headers={"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"},
        data={"email": "alice@desk.example", "password": PASSWORD, "csrf_token": token},
    )
    assert answer.status_code == 302
    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-agent", "__Host-session"}
    for cookie in cookies:
        flags = {part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= flags, cookie
        assert not any(flag.startswith("Domain") for flag in flags)


def test_without_tls_cookies_are_still_closed_to_scripts(stage: Stage) -> None:
    client = stage.client("anonymous")
    with stage.undone():
        answer = client.post("/sign-in", data={"email": "alice@desk.example", "password": PASSWORD})
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("agent=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.fixture
def broken(redis_url: str, tmp_path: Path) -> Flask:
    """The app as in production, with two more doors: one that fails, and one whose database is away."""
    app = create_app(test_servers.settings("postgresql://nobody@127.0.0.1:1/none", redis_url, tmp_path / "var"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail() -> str:
        raise RuntimeError("the password is swordfish")

    def away() -> str:
        raise OperationalError("SELECT password", {}, Exception("connection refused"))

    app.add_url_rule("/broken", "start.broken", fail)
    app.add_url_rule("/away", "start.away", away)
    app.before_request_funcs[None] = [one for one in app.before_request_funcs[None] if one.__name__ != "_close"]
    return app
