"""What the tests of the widget's doors share: a widget and visitors' browsers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.channels.chat.talks import widget_of
from tests.people import World
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket

_keys = count(1)


@dataclass
class Browser:
    """One visitor's browser, in the frame of a widget."""

    client: FlaskClient
    key: str
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """By which it is known."""
        return {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}

    def post(self, what: str, **fields: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(
            f"/widget/{self.key}/{what}", data=fields, headers=self.headers, content_type="multipart/form-data"
        )

    def get(self, what: str) -> TestResponse:
        """Ask for something."""
        return self.client.get(f"/widget/{self.key}/{what}", headers=self.headers)

    def visits(self, **who: str) -> "Browser":
        """Come for the first time."""
        answer = self.post("visits", **who)
        assert answer.status_code == 201, answer.text
        self.token = json.loads(answer.text)["token"]
        return self

    def says(self, text: str, **more: Any) -> TestResponse:
        """Write; under a key of its own unless one is given."""
        return self.post("messages", **{"text": text, "client_key": f"key-{next(_keys)}", **more})

    @property
    def visitor(self) -> Visitor:
        """As the database has it now."""
        return db.session.scalars(
            select(Visitor)
            .where(Visitor.token_sha256 == tokens.digest(self.token or ""))
            .execution_options(populate_existing=True)
        ).one()

    @property
    def ticket(self) -> Ticket:
        """The ticket of the talk."""
        return db.session.get_one(Ticket, self.visitor.ticket_id, populate_existing=True)


@pytest.fixture
def widget(world: World) -> Widget:
    """The shop's chat, for Care."""
    return widget_of(world)


@pytest.fixture
def comes(app: Flask, widget: Widget) -> Callable[..., Browser]:
    """A visitor comes to the widget, or to another one."""
    return lambda key=None, **who: Browser(app.test_client(), key or widget.key).visits(**who)
