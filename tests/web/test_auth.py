"""Signing in and out in a browser, and how sessions end."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.people import PASSWORD, World, sign_in, with_token
from ticketdesk.accounts import people, sessions, signing_in
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db


def enter(
    client: FlaskClient, email: str = "alice@desk.example", password: str = PASSWORD, **more: str
) -> TestResponse:
    with_token(client)
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def secret_of(client: FlaskClient) -> str | None:
    cookie = client.get_cookie("agent")
    return cookie.value if cookie else None


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def browser(app: Flask, secret: str | None) -> FlaskClient:
    """Another browser with a cookie that was copied."""
    client = app.test_client()
    if secret is not None:
        client.set_cookie("agent", secret)
    return client


def test_the_desk_asks_to_sign_in_and_comes_back(client: FlaskClient, world: World) -> None:
    answer = client.get("/account?a=1")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/account?a%3D1")
    page = client.get(answer.location).text
    assert 'name="next" type="hidden" value="/account?a=1"' in page
    answer = enter(client, next="/account?a=1")
    assert (answer.status_code, answer.location) == (302, "/account?a=1")
    assert is_in(client)


def test_a_wrong_password_says_nothing_more_and_keeps_the_address(client: FlaskClient, world: World) -> None:
    pages = {}
    for email in ("alice@desk.example", "nobody@desk.example"):
        answer = enter(client, email=email, password="wrong")
        assert answer.status_code == 422
        assert signing_in.WRONG in answer.text
        assert f'value="{email}"' in answer.text
        assert "wrong" not in answer.text
        pages[email] = answer.text.replace(email, "?").split("csrf_token")[0]
    assert len(set(pages.values())) == 1
    assert not is_in(client)


def test_an_empty_form_says_what_is_missing(client: FlaskClient, world: World) -> None:
    answer = enter(client, email="", password="")
    assert answer.status_code == 422
    assert "Your email, please." in answer.text
    assert "Your password, please." in answer.text


def test_after_too_many_tries_it_says_to_wait(client: FlaskClient, world: World) -> None:
    for _ in range(signing_in.TRIES_PER_ACCOUNT):
        assert enter(client, password="wrong").status_code == 422
    answer = enter(client)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "300"
    assert "Too many tries" in answer.text
    assert enter(client, email="bob@desk.example").status_code == 302


def test_tries_are_counted_although_they_fail(client: FlaskClient, world: World) -> None:
    enter(client, password="wrong")
    keys = db.session.execute(db.text("SELECT key, tries FROM throttles ORDER BY key")).all()
    assert [tuple(row) for row in keys] == [
        ("sign-in:account:alice@desk.example", 1),
        ("sign-in:source:127.0.0.1", 1),
    ]


# AU-01: eight ways in which an old cookie must be worth nothing


def test_a_cookie_that_was_planted_is_not_taken_over(app: Flask, client: FlaskClient, world: World) -> None:
    client.set_cookie("agent", "planted-by-somebody-else")
    enter(client)
    assert secret_of(client) != "planted-by-somebody-else"
    assert not is_in(browser(app, "planted-by-somebody-else"))


def test_each_sign_in_has_a_secret_of_its_own_and_ends_the_one_before(
    app: Flask, client: FlaskClient, world: World
) -> None:
    enter(client)
    first = secret_of(client)
    enter(client)
    assert secret_of(client) != first
    assert is_in(client)
    assert not is_in(browser(app, first))


def test_signing_out_ends_the_session_and_not_only_the_cookie(app: Flask, client: FlaskClient, world: World) -> None:
    enter(client)
    secret = secret_of(client)
    with_token(client)
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert secret_of(client) is None
    assert not is_in(browser(app, secret))


def test_another_password_leaves_only_this_browser(app: Flask, client: FlaskClient, world: World) -> None:
    enter(client)
    here = secret_of(client)
    there = sign_in(app.test_client(), world.alice)
    with_token(client)
    answer = client.post("/account/password", data={"present": PASSWORD, "password": "the shed behind the house"})
    assert answer.status_code == 302
    assert is_in(client)
    assert secret_of(client) != here
    assert not is_in(there)
    assert not is_in(browser(app, here))


def test_a_disabled_agent_is_out_with_the_next_request(app: Flask, world: World, now: datetime) -> None:
    there = sign_in(app.test_client(), world.alice)
    assert is_in(there)
    people.disable(world.alice, SYSTEM, now)
    db.session.commit()
    assert not is_in(there)


def test_another_role_signs_out_too(app: Flask, world: World, now: datetime) -> None:
    there = sign_in(app.test_client(), world.alice)
    people.change_role(world.alice, "administrator", SYSTEM, now)
    db.session.commit()
    assert not is_in(there)


def test_a_session_can_be_ended_from_another_browser(app: Flask, world: World) -> None:
    here, there = sign_in(app.test_client(), world.alice), sign_in(app.test_client(), world.alice)
    row = db.session.scalar(select(func.max(AgentSession.id)))
    assert "Sign out" in here.get("/account").text
    assert here.post(f"/account/sessions/{row}/end").status_code == 302
    assert is_in(here)
    assert not is_in(there)


def test_nobody_ends_the_sessions_of_others(app: Flask, world: World) -> None:
    mine, theirs = sign_in(app.test_client(), world.alice), sign_in(app.test_client(), world.bob)
    row = db.session.scalar(select(func.max(AgentSession.id)))
    assert mine.post(f"/account/sessions/{row}/end").status_code == 404
    assert is_in(theirs)


def test_a_link_signs_everybody_else_out(app: Flask, client: FlaskClient, world: World, now: datetime) -> None:
    there = sign_in(app.test_client(), world.alice)
    secret = people.invite(world.alice, SYSTEM, clock.now())
    db.session.commit()
    with_token(client)
    answer = client.post(f"/sign-in/{secret}", data={"password": "the shed behind the house"})
    assert (answer.status_code, answer.location) == (302, "/desk/")
    assert is_in(client)
    assert not is_in(there)
    assert client.get(f"/sign-in/{secret}").status_code == 404


def test_looking_at_a_link_does_not_use_it(client: FlaskClient, world: World) -> None:
    secret = people.invite(world.alice, SYSTEM, clock.now())
    db.session.commit()
    for _ in range(3):
        assert client.get(f"/sign-in/{secret}").status_code == 200
        assert client.head(f"/sign-in/{secret}").status_code == 200
    with_token(client)
    answer = client.post(f"/sign-in/{secret}", data={"password": "short"})
    assert answer.status_code == 422
    assert "At least 12 characters" in answer.text
    assert client.post(f"/sign-in/{secret}", data={"password": "the shed behind the house"}).status_code == 302


@pytest.mark.parametrize("secret", ["x", "a" * 43, "%00", "..%2F..", "ü" * 20])
def test_a_link_that_is_none_leads_nowhere(client: FlaskClient, world: World, secret: str) -> None:
    assert client.get(f"/sign-in/{secret}").status_code == 404
    with_token(client)
    assert client.post(f"/sign-in/{secret}", data={"password": "the shed behind the house"}).status_code == 404


def test_the_wrong_present_password_changes_nothing(app: Flask, world: World) -> None:
    here = sign_in(app.test_client(), world.alice)
    answer = here.post("/account/password", data={"present": "wrong", "password": "the shed behind the house"})
    assert answer.status_code == 422
    assert "This is not your present password." in answer.text
    assert is_in(here)


def test_guessing_the_present_password_is_counted_as_well(app: Flask, world: World) -> None:
    here = sign_in(app.test_client(), world.alice)
    for _ in range(signing_in.TRIES_PER_ACCOUNT):
        here.post("/account/password", data={"present": "wrong", "password": "the shed behind the house"})
    answer = here.post("/account/password", data={"present": PASSWORD, "password": "the shed behind the house"})
    assert answer.status_code == 429


def test_using_the_desk_keeps_the_session_alive(app: Flask, world: World) -> None:
    here = sign_in(app.test_client(), world.alice)
    row = db.session.scalars(select(AgentSession)).one()
    row.seen_at = long_ago = row.seen_at - sessions.IDLE + timedelta(hours=1)
    db.session.commit()
    here.get("/account")
    db.session.expire_all()
    assert row.seen_at == long_ago
    here.post("/desk/availability", data={"state": "online"})
    db.session.expire_all()
    assert row.seen_at > long_ago


def test_the_browser_is_named(app: Flask, client: FlaskClient, world: World) -> None:
    with_token(client)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    data = {"email": "alice@desk.example", "password": PASSWORD}
    client.post("/sign-in", data=data, headers={"User-Agent": agent})
    assert "Firefox on Linux" in client.get("/account").text


def test_fragments_and_machines_are_told_instead_of_led(client: FlaskClient) -> None:
    assert client.get("/account", headers={"HX-Request": "true"}).status_code == 401
    answer = client.get("/account", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


STAY = (
    "/account",
    "/account?x=1&y=//evil.example",
    "/desk/views/mine",
    "/desk/tickets/12?in=mine",
    "/admin/mail/inert",
)
LEAVE = (
    "",
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/account",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:/account",
    "http:account",
    "//localhost/account",
    "account",
    "/account@evil.example",
    "/nowhere",
    "/sign-out",
    "/sign-in",
    "/healthz",
    "/desk/tickets/9999999999999999999999",
    "/%2e%2e/account",
    "/%5cevil.example",
    "//[evil",
)


@pytest.mark.parametrize("wanted", [*STAY, *LEAVE], ids=repr)
def test_signing_in_never_leads_away(client: FlaskClient, world: World, wanted: str) -> None:
    """R24: to a page of ours that can be looked at, else to the desk."""
    assert enter(client, next=wanted).location in ((wanted,) if wanted in STAY else ("/desk/", "/sign-in"))
    assert is_in(client)


def test_a_character_that_cannot_be_kept_is_refused(client: FlaskClient, world: World) -> None:
    assert enter(client, next="/account\x00").status_code == 422
