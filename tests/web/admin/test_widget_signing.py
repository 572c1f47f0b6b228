"""Signed visitors on screens: secrets are shown once, two are good at a time, and what is offered for copying works."""

import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import widget_of
from tests.needs import lack, need
from tests.people import World
from ticketdesk.channels.chat import signed_identity
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.chat.widget_secret import WidgetSecret
from ticketdesk.core import clock
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.web.admin import widget_snippets

SECRET = "tdw_" + "s" * 43
USER = SimpleNamespace(id=42, name="Dana Keane", email="dana@customer.example", email_verified=True)


@pytest.fixture
def widget(world: World) -> Widget:
    return widget_of(world)


def place(widget: Widget) -> str:
    return f"/admin/widgets/{widget.id}/signing"


def make(ada: FlaskClient, widget: Widget) -> str:
    answer = ada.post(f"{place(widget)}/secrets")
    assert answer.status_code == 201
    found = re.search(r"tdw_[\w-]{43}", answer.text)
    assert found is not None
    return found[0]


def test_a_secret_is_shown_once_and_stored_sealed(ada: FlaskClient, widget: Widget) -> None:
    secret = make(ada, widget)
    row = db.session.scalars(select(WidgetSecret)).one()
    assert secret not in row.sealed
    page = ada.get(place(widget))
    assert secret not in page.text and row.prefix in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_two_are_good_at_a_time_and_each_can_be_taken_back(ada: FlaskClient, widget: Widget) -> None:
    make(ada, widget)
    make(ada, widget)
    refused = ada.post(f"{place(widget)}/secrets")
    assert refused.status_code == 422
    assert "Two secrets are good already." in refused.text
    first, second = db.session.scalars(select(WidgetSecret.id).order_by(WidgetSecret.id)).all()
    assert ada.post(f"{place(widget)}/secrets/{first}/revocation").status_code == 302
    assert ada.post(f"{place(widget)}/secrets/{first}/revocation").status_code == 302
    make(ada, widget)
    actions = db.session.execute(select(AuditEntry.action, AuditEntry.data).order_by(AuditEntry.id)).all()
    mine = [(action, data["secret_id"]) for action, data in actions if action.startswith("widget_secret")]
    assert mine[:3] == [
        ("widget_secret_made", first),
        ("widget_secret_made", second),
        ("widget_secret_revoked", first),
    ]
    assert len(mine) == 4, "taken back twice is noted once"


def test_a_secret_of_another_widget_is_not_found_here(ada: FlaskClient, world: World, widget: Widget) -> None:
    make(ada, widget)
    other = widget_of(world)
    number = db.session.scalars(select(WidgetSecret.id)).one()
    assert ada.post(f"{place(other)}/secrets/{number}/revocation").status_code == 404
    assert ada.post(f"{place(widget)}/secrets/999999/revocation").status_code == 404
    assert ada.get("/admin/widgets/999999/signing").status_code == 404
    assert ada.get(f"{place(widget)}/secrets").status_code == 405


def test_a_secret_that_cannot_be_read_any_more_is_shown_as_such(ada: FlaskClient, widget: Widget) -> None:
    make(ada, widget)
    db.session.scalars(select(WidgetSecret)).one().sealed = "of another key"
    db.session.commit()
    assert "must be replaced" in ada.get(place(widget)).text


def test_the_page_offers_lines_for_every_usual_server(ada: FlaskClient, widget: Widget) -> None:
    page = ada.get(place(widget)).text
    for one in widget_snippets.of(widget):
        assert one.name in page and f'id="{one.id}"' in page
        assert widget_snippets.KEY not in one.code and "TICKETDESK_WIDGET_SECRET" in one.code
        assert widget.key in one.code or "userHash" in one.code


def code_of(name: str) -> str:
    widget = Widget(key="abcdefgh")
    return next(one.code for one in widget_snippets.of(widget) if one.name.startswith(name))


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TICKETDESK_WIDGET_SECRET": SECRET}


def is_dana(token: str) -> bool:
    claims = signed_identity.read_token(token.strip(), [SECRET], "abcdefgh", clock.now())
    expected = signed_identity.Claims("42", SECRET, "Dana Keane", "dana@customer.example", True)
    return claims == expected


def test_the_lines_for_python_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKETDESK_WIDGET_SECRET", SECRET)
    made: dict[str, Any] = {}
    exec(compile(code_of("Python"), "snippet", "exec"), made)  # our own lines, as they are offered
    assert is_dana(made["ticketdesk_token"](USER))


def test_the_lines_for_node_work(tmp_path: Path) -> None:
    node = need("node")
    user = json.dumps({"id": 42, "name": USER.name, "email": USER.email, "emailVerified": True})
    file = tmp_path / "snippet.mjs"
    file.write_text(f"{code_of('Node')}\nprocess.stdout.write(ticketdeskToken({user}));\n")
    done = subprocess.run([node, str(file)], env=environment(), capture_output=True, text=True, timeout=60, check=True)
    assert is_dana(done.stdout)


def test_the_lines_for_java_work(tmp_path: Path) -> None:
    java = need("java")
    main = "public static void main(String[] given) throws Exception { System.out.print(userHash(given[0])); }"
    code = code_of("Java")
    file = tmp_path / "TicketDesk.java"
    file.write_text(f"{code.rstrip().removesuffix('}')}    {main}\n}}\n")
    done = subprocess.run(
        [java, "-Xshare:auto", str(file), "42"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert signed_identity.read_hash("42", done.stdout.strip(), [SECRET]).user_id == "42"


@pytest.mark.parametrize(
    ("name", "program", "ending", "call"),
    [
        ("PHP", "php", "php", "echo ticketdesk_token((object) json_decode(getenv('WHO')));"),
        ("Ruby", "ruby", "rb", "print ticketdesk_token(OpenStruct.new(JSON.parse(ENV['WHO'])))"),
    ],
)
def test_the_lines_for_other_servers_work(tmp_path: Path, name: str, program: str, ending: str, call: str) -> None:
    found = need(program)
    if program == "ruby" and subprocess.run([found, "-rjwt", "-e", ""], capture_output=True, check=False).returncode:
        lack("ruby's jwt")
    who = {"id": 42, "name": USER.name, "email": USER.email, "email_verified_at": "now", "confirmed?": True}
    file = tmp_path / f"snippet.{ending}"
    head = "<?php\n" if program == "php" else "require 'ostruct'\nrequire 'json'\n"
    file.write_text(f"{head}{code_of(name)}\n{call}\n")
    done = subprocess.run(
        [found, str(file)],
        env={**environment(), "WHO": json.dumps(who)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert is_dana(done.stdout)
