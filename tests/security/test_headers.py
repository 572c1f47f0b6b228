"""AU-06: what every answer of every door tells the browser, whatever its status; and the flags of cookies."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'nonce-*'",
    "style-src": "'self' 'nonce-*'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
FILE = {"default-src": "'none'", "sandbox": "", "frame-ancestors": "'self'"}
MAIL = {**FILE, "style-src": "'unsafe-inline'", "base-uri": "'none'"}
IN_OUR_FRAME = {**POLICY, "frame-ancestors": "'self'"}
IN_FRAMES_OF_THE_SHOP = {**POLICY, "frame-ancestors": "https://shop.example"}
USUAL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Told:
    """What a door tells the browser: its content policy, and which other headers are not the usual ones."""

    policy: Mapping[str, str] = field(default_factory=lambda: POLICY)
    unlike: Mapping[str, str] = field(default_factory=dict)


OTHERWISE: Mapping[str, Told] = {
    # what others wrote: nothing runs there at all
    "admin.raw_mail": Told(FILE),
    "desk.attachment": Told(FILE),
    "portal.my_ticket_file": Told(FILE),
    "portal.ticket_file": Told(FILE),
    "admin.contact_import_refused": Told(FILE),
    "portal.logo": Told(FILE, {"Cache-Control": "public, max-age=31536000, immutable"}),
    "desk.sheet": Told(
        {
            **MAIL,
            "img-src": "'self' data:",
            "form-action": "'none'",
            "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        }
    ),
    # pages that the settings show in a frame of ours
    "admin.survey_mail": Told(MAIL),
    "admin.survey_page": Told(IN_OUR_FRAME),
    "admin.widget_sample": Told(IN_OUR_FRAME),
    "admin.widget_shop": Told(IN_OUR_FRAME),
    # what other sites may show: those that are listed, and the loader any
    "portal.embedded_form": Told(IN_FRAMES_OF_THE_SHOP),
    "portal.embedded_form_sent": Told(IN_FRAMES_OF_THE_SHOP),
    "widget.frame": Told(
        {
            **POLICY,
            "img-src": "'self' data: blob:",
            "connect-src": "'self' ws://localhost",
            "frame-ancestors": "'self' https://shop.example",
        },
        {"Cross-Origin-Resource-Policy": "cross-origin"},
    ),
    "widget.loader": Told(
        unlike={"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=300"}
    ),
    # a file that is named by what is in it; under any other name it is asked for again
    "assets.file": Told(unlike={"Cache-Control": "no-cache"}),
}
"""Doors whose answers differ from all others, once they let somebody through; how, and in nothing else."""


def directives(policy: str) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in re.sub(r"'nonce-[\w-]{24}'", "'nonce-*'", policy).split(";")]
    assert len({name for name, _space, _value in parts}) == len(parts), "a second one of a name is not heeded"
    return {name: value for name, _space, value in parts}


def check(response: TestResponse, told: Told = Told()) -> None:
    headers = response.headers
    for name, value in {**USUAL, **told.unlike}.items():
        assert headers.getlist(name) == [value], name
    (policy,) = headers.getlist("Content-Security-Policy")
    assert directives(policy) == told.policy
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Request-ID"]
    assert "Server" not in headers or "Python" not in headers["Server"]


@pytest.mark.parametrize("key", sorted(ROWS), ids=lambda key: f"{key[0]}-{key[1]}")
def test_every_door_sets_them_for_everybody(stage: Stage, key: tuple[str, str]) -> None:
    row, let_in = ROWS[key], False
    for actor in ("anonymous", "alice", "carol", "ada", "dana"):
        with stage.undone():
            response = stage.client(actor).open(
                address(stage, key[0], row.args(stage.ids)), method=key[1], data=row.form(stage.ids)
            )
        if response.status_code == 200 and key[0] in OTHERWISE:
            check(response, OTHERWISE[key[0]])
            let_in = True
        else:
            check(response)
    assert let_in == (key[0] in OTHERWISE), "nobody saw what is different there"


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
