"""The visitor's door for typing: whose talk, which words, and nothing that stays."""

from collections.abc import Callable

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from tests.people import World
from tests.web.widget.conftest import Browser
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live import typing
from ticketdesk.live.typing import Typed
from ticketdesk.tickets import following

Comes = Callable[..., Browser]


def test_words_are_kept_only_where_the_widget_says_so(comes: Comes, widget: Widget) -> None:
    dana = comes()
    dana.says("Hello")
    assert dana.post("typing", typing="yes", text="a canary").status_code == 204
    assert typing.visitor(dana.ticket.id, clock.now()) == Typed(None)
    widget.shows_typing_words = True
    db.session.commit()
    assert dana.post("typing", typing="yes", text="a canary").status_code == 204
    assert typing.visitor(dana.ticket.id, clock.now()) == Typed("a canary")
    assert dana.post("typing", typing="no").status_code == 204
    assert typing.visitor(dana.ticket.id, clock.now()) is None


def test_unsent_words_reach_neither_database_nor_logs(
    comes: Comes, widget: Widget, capsys: pytest.CaptureFixture[str]
) -> None:
    widget.shows_typing_words = True
    db.session.commit()
    dana = comes()
    dana.says("Hello")
    dana.post("typing", typing="yes", text="a canary nobody sent")
    shown = capsys.readouterr()
    assert "canary" not in shown.out + shown.err
    for table in ("messages", "events", "drafts", "tickets", "visitors", "outbox"):
        rows = db.session.execute(text(f"SELECT row_to_json(t)::text FROM {table} t"))
        assert not [row for row in rows if "canary" in row[0]], table


def test_before_the_first_message_nobody_is_told(comes: Comes, redis: Redis) -> None:
    assert comes().post("typing", typing="yes", text="a canary").status_code == 204
    assert redis.keys("*typing*") == []


def test_one_types_in_ones_own_talk_only(comes: Comes) -> None:
    dana, eve = comes(), comes()
    dana.says("Hello")
    eve.says("Hello from me")
    eve.post("typing", typing="yes")
    assert typing.visitor(dana.ticket.id, clock.now()) is None
    assert typing.visitor(eve.ticket.id, clock.now()) == Typed(None)


@pytest.mark.parametrize(
    "said", [{}, {"typing": "maybe"}, {"typing": "yes", "text": "x" * 30_000}, {"typing": "yes", "ticket": "7"}]
)
def test_what_does_not_fit_is_refused(comes: Comes, said: dict[str, str]) -> None:
    dana = comes()
    dana.says("Hello")
    assert dana.post("typing", **said).status_code == 422


def test_without_the_secret_nothing_is_taken(app: Flask, widget: Widget) -> None:
    assert Browser(app.test_client(), widget.key).post("typing", typing="yes").status_code == 401
    assert Browser(app.test_client(), "no-such-widget").post("typing", typing="yes").status_code == 404


def test_the_talk_says_how_far_somebody_has_read(comes: Comes, world: World) -> None:
    dana = comes()
    dana.says("Hello")
    assert dana.get("talk").headers["X-Seen"] == "0"
    following.read_up_to(dana.ticket, world.alice, dana.ticket.last_seq)
    db.session.commit()
    assert dana.get("talk").headers["X-Seen"] == "1"
