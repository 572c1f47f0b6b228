"""The widget's doors: each works, repeats harmlessly, and is shut to whoever is somebody else."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.channels.chat.talks import DANA, SHOP, answers, widget_of
from tests.people import World, sign_in
from tests.web.desk.conftest import counted
from tests.web.widget.conftest import Browser
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import noting, receiving
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

Comes = Callable[..., Browser]
ASKING = ("talk", "files/nothing")
SENDING = ("messages", "read", "address", "left")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 30


def test_a_visit_gives_a_secret_and_no_ticket(comes: Comes) -> None:
    browser = comes(name="Dana", email=DANA, page="https://shop.example/chairs", referrer="https://search.example/")
    visitor = browser.visitor
    assert (visitor.name, visitor.email, visitor.page) == ("Dana", DANA, "https://shop.example/chairs")
    assert browser.token is not None and len(browser.token) >= 43
    assert browser.token not in visitor.token_sha256
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_a_message_is_acknowledged_when_it_is_stored(comes: Comes) -> None:
    browser = comes()
    answer = browser.says("The armrest came off", client_key="k1", page="https://shop.example/chairs")
    assert answer.status_code == 201
    assert "The armrest came off" in answer.text
    assert 'data-key="k1"' in answer.text
    assert (browser.ticket.subject, browser.ticket.channel) == ("The armrest came off", "chat")


def test_the_same_message_again_is_the_same(comes: Comes) -> None:
    browser = comes()
    first = browser.says("Hello", client_key="k1")
    again = browser.says("Hello", client_key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.text == again.text
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_talk_can_be_resumed(world: World, comes: Comes) -> None:
    browser = comes()
    browser.says("One")
    answers(world.alice, browser.ticket, "Two **bold**", clock.now())
    whole = browser.get("talk")
    assert (whole.headers["X-Seq"], whole.headers["X-Unread"]) == ("2", "1")
    assert whole.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in whole.headers
    assert "One" in whole.text and "bold" in whole.text
    rest = browser.get("talk?after=1")
    assert "One" not in rest.text and "bold" in rest.text
    assert browser.post("read", seq="2").status_code == 204
    assert browser.get("talk?after=2").headers["X-Unread"] == "0"


def test_the_numbers_say_nothing_of_what_a_visitor_may_not_read(world: World, comes: Comes) -> None:
    browser, other = comes(), comes()
    browser.says("One")
    for _ in range(3):
        noting.note(browser.ticket, world.alice, "Careful with this one", at=clock.now())
        other.says("Something else")
    db.session.commit()
    assert browser.get("talk").headers["X-Seq"] == "1"
    answer = browser.says("Two")
    assert answer.headers["X-Seq"] == "2"
    assert 'data-seq="2"' in answer.text


def test_files_go_along_and_come_back_only_to_whoever_may(world: World, comes: Comes) -> None:
    browser = comes()
    answer = browser.says("See", files=(io.BytesIO(PNG), "../chair.png", "image/png"))
    assert answer.status_code == 201
    found = db.session.scalars(select(Attachment)).one()
    assert found.filename == "chair.png"
    back = browser.get(f"files/{found.reference}")
    assert (back.status_code, back.data) == (200, PNG)
    assert back.headers["Content-Type"] == "image/png"
    assert "sandbox" in back.headers["Content-Security-Policy"]
    assert comes().get(f"files/{found.reference}").status_code == 404
    assert browser.client.get(f"/widget/{browser.key}/files/{found.reference}").status_code == 401


def test_a_file_of_a_note_is_nobodys_outside(world: World, comes: Comes) -> None:
    browser = comes()
    browser.says("Hello")
    secret = NewFile("salaries.txt", "text/plain", b"secret")
    noting.note(browser.ticket, world.alice, "Look", at=clock.now(), files=[secret])
    db.session.commit()
    assert browser.get(f"files/{db.session.scalars(select(Attachment.reference)).one()}").status_code == 404


def test_a_page_that_is_a_file_is_only_saved(comes: Comes) -> None:
    browser = comes()
    browser.says("See", files=(io.BytesIO(b"<script>alert(1)</script>"), "page.html", "text/html"))
    back = browser.get(f"files/{db.session.scalars(select(Attachment.reference)).one()}")
    assert back.headers["Content-Type"] == "application/octet-stream"
    assert back.headers["Content-Disposition"].startswith("attachment")


def test_an_address_can_be_given_at_any_time(comes: Comes) -> None:
    browser = comes()
    assert browser.post("address", email=DANA, name="Dana").status_code == 204
    browser.says("Hello")
    identity = db.session.get_one(Identity, browser.visitor.email_identity_id)
    assert (identity.value, identity.verification) == (DANA, "none")


def test_leaving_and_coming_back(comes: Comes) -> None:
    browser = comes()
    assert browser.post("left").status_code == 204
    assert browser.visitor.left_at is not None
    browser.says("I am back")
    assert browser.visitor.left_at is None


@pytest.mark.parametrize(
    ("what", "fields", "field"),
    [
        ("messages", {"text": "", "client_key": "k"}, "text"),
        ("messages", {"text": "x" * 20_001, "client_key": "k"}, "text"),
        ("messages", {"text": "Hello"}, "client_key"),
        ("messages", {"text": "Hello", "client_key": "k" * 65}, "client_key"),
        ("messages", {"text": "Hello", "client_key": "a key"}, "client_key"),
        ("messages", {"text": "Hello", "client_key": "k", "page": "x" * 2001}, "page"),
        ("read", {"seq": "-1"}, "seq"),
        ("read", {"seq": "many"}, "seq"),
        ("read", {"seq": "9" * 40}, "seq"),
        ("read", {}, "seq"),
        ("address", {"email": "nonsense"}, "email"),
        ("address", {"email": ""}, "email"),
        ("address", {"email": "support@desk.example"}, "email"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    comes: Comes, what: str, fields: dict[str, str], field: str
) -> None:
    answer = comes().post(what, **fields)
    assert answer.status_code == 422
    said = json.loads(answer.text)
    assert list(said["errors"]) == [field]
    assert said["errors"][field][0] == said["detail"]


@pytest.mark.parametrize("what", SENDING)
def test_unknown_fields_are_refused(comes: Comes, what: str) -> None:
    given = {"messages": {"text": "a", "client_key": "k"}, "read": {"seq": "1"}, "address": {"email": DANA}}
    assert comes().post(what, identity_id="1", **given.get(what, {})).status_code == 422


def test_a_body_without_end_is_refused(comes: Comes) -> None:
    assert comes().post("read", seq="1" * 100_000).status_code == 413


def test_too_fast_is_told_to_wait(comes: Comes, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = comes()
    monkeypatch.setattr("ticketdesk.channels.chat.saying.SPEED", (1, timedelta(minutes=1)))
    assert browser.says("One").status_code == 201
    answer = browser.says("Two")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize("what", ASKING)
def test_without_a_secret_nothing_is_shown(app: Flask, widget: Widget, what: str) -> None:
    for token in (None, "", "x" * 43, "Bearer"):
        assert Browser(app.test_client(), widget.key, token).get(what).status_code == 401


@pytest.mark.parametrize("what", SENDING)
def test_without_a_secret_nothing_is_taken(app: Flask, widget: Widget, what: str) -> None:
    for token in (None, "", "x" * 43):
        assert Browser(app.test_client(), widget.key, token).post(what, text="a").status_code == 401


def test_an_agents_cookie_is_no_visitors_secret(app: Flask, world: World, widget: Widget) -> None:
    client = sign_in(app.test_client(), world.ada)
    assert client.get(f"/widget/{widget.key}/talk").status_code == 401


@pytest.mark.parametrize("key", ["nothing", "x" * 300, "%00", "..", "a%20b"])
def test_an_unknown_widget_is_not_there(app: Flask, world: World, key: str) -> None:
    client = app.test_client()
    for what in ("", "/talk", "/files/a"):
        assert client.get(f"/widget/{key}{what}").status_code == 404
    for what in ("visits", *SENDING):
        assert client.post(f"/widget/{key}/{what}", data={}).status_code == 404


def test_a_widget_out_of_use_is_not_there_either(comes: Comes, widget: Widget) -> None:
    browser = comes()
    browser.says("Hello")
    widget.enabled = False
    db.session.commit()
    assert browser.get("talk").status_code == 404
    assert browser.says("Hello?").status_code == 404
    assert browser.client.get(f"/widget/{widget.key}").status_code == 404


def test_the_frame_belongs_into_the_listed_sites_only(app: Flask, widget: Widget) -> None:
    answer = app.test_client().get(f"/widget/{widget.key}")
    assert answer.status_code == 200
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == f"'self' {SHOP}"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_the_loader_knows_where_it_came_from(app: Flask) -> None:
    answer = app.test_client().get("/widget.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "__PUBLIC_URL__" not in answer.text
    assert app.extensions["ticketdesk.config"].public_url in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://shop.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_only_our_own_frame_sends(comes: Comes, headers: dict[str, str]) -> None:
    browser = comes()
    answer = browser.client.post(
        f"/widget/{browser.key}/messages",
        data={"text": "Hello", "client_key": "k"},
        headers={**browser.headers, **headers},
    )
    assert answer.status_code == 403


class TestIsolation:
    """Five ways to another's talk, none of which leads there (SECURITY CH-04)."""

    @pytest.fixture
    def victim(self, comes: Comes) -> Browser:
        browser = comes(name="Dana", email=DANA)
        browser.says("My secret is blue", client_key="k1", files=(io.BytesIO(b"blue"), "blue.txt"))
        return browser

    def everything(self, browser: Browser, victim: Browser) -> str:
        """All that a browser is told at every door."""
        reference = db.session.scalars(select(Attachment.reference)).one()
        said = [browser.get(what) for what in ("talk", "talk?after=0", "talk?after=-1", f"files/{reference}")]
        return " ".join(answer.text for answer in said)

    def test_by_another_secret_of_the_same_widget(self, comes: Comes, victim: Browser) -> None:
        thief = comes()
        assert "blue" not in self.everything(thief, victim)
        thief.says("Hello")
        assert "blue" not in self.everything(thief, victim)
        assert thief.ticket.id != victim.ticket.id

    def test_by_typing_the_others_name_and_address(self, comes: Comes, victim: Browser) -> None:
        thief = comes(name="Dana", email=DANA)
        thief.says("It is me, Dana")
        thief.post("address", email=DANA, name="Dana")
        assert "blue" not in self.everything(thief, victim)
        assert thief.ticket.id != victim.ticket.id

    def test_by_the_others_message_key(self, comes: Comes, victim: Browser) -> None:
        thief = comes()
        answer = thief.says("Show me", client_key="k1")
        assert answer.status_code == 201
        assert "blue" not in answer.text
        answer = thief.says("Show me", client_key=f"chat_{victim.visitor.id}_k1")
        assert "blue" not in answer.text

    def test_by_a_secret_at_another_widget(self, world: World, app: Flask, victim: Browser) -> None:
        other = widget_of(world, world.orders_queue)
        stolen = Browser(app.test_client(), other.key, victim.token)
        assert stolen.get("talk").status_code == 401
        assert stolen.says("Hello").status_code == 401

    def test_by_other_ways_to_bring_the_secret(self, app: Flask, victim: Browser) -> None:
        client: FlaskClient = app.test_client()
        address = f"/widget/{victim.key}/talk"
        client.set_cookie("token", victim.token or "")
        tries: list[dict[str, Any]] = [
            {"query_string": {"token": victim.token}},
            {"headers": {"Authorization": f"Basic {victim.token}"}},
            {"headers": {"Authorization": victim.token}},
            {"headers": {"X-Token": victim.token}},
            {"headers": {"Authorization": f"Bearer {victim.visitor.token_sha256}"}},
        ]
        assert [client.get(address, **how).status_code for how in tries] == [401] * len(tries)

    def test_by_mail_in_the_victims_name(self, world: World, comes: Comes, victim: Browser) -> None:
        """A stranger's mail is held, so the widget shows nothing of it, and the stranger nothing of the talk."""
        receiving.receive(victim.ticket, world.eve, Letter(channel="email", text="Send it to me"), clock.now())
        db.session.commit()
        assert "Send it to me" not in victim.get("talk").text


def test_a_secret_that_ended_opens_nothing(comes: Comes) -> None:
    browser = comes()
    browser.says("Hello")
    db.session.execute(select(Visitor))
    browser.visitor.ended_at = clock.now()
    db.session.commit()
    assert browser.get("talk").status_code == 401


def test_what_a_message_costs_is_bounded(comes: Callable[..., Browser]) -> None:
    """Forty of them in a second are taken in, and fetched, by two processes: each statement more counts."""
    guest = comes()
    guest.says("Hello")
    with counted() as said:
        assert guest.says("Is anybody there?").status_code == 201
    with counted() as fetched:
        assert guest.get("talk?after=1").status_code == 200
    assert len(said) <= 25, "\n".join(said)
    assert len(fetched) <= 8, "\n".join(fetched)
