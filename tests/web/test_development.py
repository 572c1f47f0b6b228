"""The page of sent mail: there while developing, for administrators, and never in production."""

from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.channels.mails import mail, rows, take, work_all
from tests.people import World, sign_in


@pytest.fixture
def row_id(world: World, now: datetime) -> int:
    take(mail(), now)
    work_all(now)
    (row,) = rows("acknowledgement")
    return row.id


def test_what_was_sent_can_be_read(world: World, client: FlaskClient, row_id: int) -> None:
    ada = sign_in(client, world.ada)
    listed = ada.get("/development/outbox").text
    assert "We have your message" in listed
    assert f"/development/outbox/{row_id}" in listed
    opened = ada.get(f"/development/outbox/{row_id}").text
    assert "Thank you for writing to" in opened
    assert "auto-replied" in opened
    page = ada.get(f"/development/outbox/{row_id}/page")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "<html" in page.text
    file = ada.get(f"/development/outbox/{row_id}/file")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.data.startswith(b"From:")


def test_a_mail_that_is_not_there(world: World, client: FlaskClient) -> None:
    ada = sign_in(client, world.ada)
    for tail in ("", "/page", "/file"):
        assert ada.get(f"/development/outbox/999999{tail}").status_code == 404


def test_it_is_not_for_everybody(world: World, client: FlaskClient, row_id: int) -> None:
    assert client.get("/development/outbox").status_code == 302
    assert sign_in(client, world.alice).get(f"/development/outbox/{row_id}").status_code == 403


def test_there_is_no_such_page_in_production(
    world: World, app: Flask, client: FlaskClient, row_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = app.extensions["ticketdesk.config"]
    monkeypatch.setitem(app.extensions, "ticketdesk.config", replace(config, env="production"))
    assert sign_in(client, world.ada).get("/development/outbox").status_code == 404
