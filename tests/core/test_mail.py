"""Talking to other people's mail servers, some of which take their time."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from tests.ports import free_port
from ticketdesk.core import mail
from ticketdesk.core.errors import DeliveryFailed


@pytest.fixture
def slow_greeter() -> Iterator[int]:
    """The port of a server that says its greeting drop by drop and never ends it."""
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def greet() -> None:
            line, _ = door.accept()
            with line:
                while not gone.wait(0.05):
                    try:
                        line.sendall(b"2")
                    except OSError:
                        return

        server = threading.Thread(target=greet, daemon=True)
        server.start()
        yield door.getsockname()[1]
        gone.set()
        server.join(5)


def test_a_greeting_drop_by_drop_ends_with_our_patience(slow_greeter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS_IN_ALL", 0.3)
    began = time.monotonic()
    with pytest.raises(DeliveryFailed) as failed:
        mail.over_smtp(
            b"Subject: x\r\n\r\nx\r\n",
            sender="support@desk.example",
            recipient="dana@customer.example",
            url=f"smtp://127.0.0.1:{slow_greeter}",
            before_content=lambda: None,
        )
    assert not failed.value.permanent
    assert time.monotonic() - began < 10


class Everyone:
    """A server that takes whatever comes, without TLS."""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802  # aiosmtpd's name
        """Take it."""
        return "250 OK"


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Controller(Everyone(), hostname="127.0.0.1", port=free_port())
    door.start()
    try:
        monkeypatch.setattr(mail, "_is_here", lambda host: False)
        with pytest.raises(DeliveryFailed, match="in the clear"):
            mail.over_smtp(
                b"Subject: x\r\n\r\nx\r\n",
                sender="support@desk.example",
                recipient="dana@customer.example",
                url=f"smtp://desk:secret@127.0.0.1:{door.port}",
                before_content=lambda: None,
            )
    finally:
        door.stop()
