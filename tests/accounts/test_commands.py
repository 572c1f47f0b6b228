"""People on the command line."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import World, with_token
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db


@pytest.mark.parametrize(
    ("role", "kept"), [("admin", "administrator"), ("supervisor", "supervisor"), ("agent", "agent")]
)
def test_a_person_is_made_and_a_link_lets_them_in(app: Flask, role: str, kept: str) -> None:
    result = app.test_cli_runner().invoke(args=["user", "create", "New@desk.example", "--role", role])
    assert result.exit_code == 0, result.output
    link = result.output.strip()
    assert link.startswith("http://localhost/sign-in/")
    made = db.session.scalars(select(Agent)).one()
    assert (made.email, made.role) == ("new@desk.example", kept)
    client = app.test_client()
    assert client.get(link).status_code == 200
    with_token(client)
    assert client.post(link, data={"password": "a table for eight people"}).location == "/desk/"
    assert client.get("/account").status_code == 200


def test_another_link_replaces_the_first(app: Flask, world: World) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["user", "link", "alice@desk.example"]).output.strip()
    second = runner.invoke(args=["user", "link", "ALICE@desk.example"]).output.strip()
    client = app.test_client()
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["create", "alice@desk.example"], "Somebody has this address already."),
        (["create", "nonsense"], "This is not an email address."),
        (["create", "x@desk.example", "--role", "root"], "Invalid value for '--role'"),
        (["link", "nobody@desk.example"], "Nobody has this address."),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(app: Flask, world: World, args: list[str], words: str) -> None:
    result = app.test_cli_runner().invoke(args=["user", *args])
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output
