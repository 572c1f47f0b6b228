"""SMTP servers that tests hand mail to: an obedient one, and ones that break off at every point."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask


@dataclass
class Sink:
    """What a server does and what it was given; `answers` replaces its reply to a command."""

    answers: dict[str, str] = field(default_factory=dict)
    cut_at: str | None = None  # "data": after the words came, before the reply; "250": after the reply
    mails: list[tuple[str, str, bytes]] = field(default_factory=list)  # sender, recipient, content
    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"smtp://127.0.0.1:{self.port}"


class _Talk(socketserver.StreamRequestHandler):
    sink: Sink

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self._talk()

    def _talk(self) -> None:
        sink, sender, recipient = self.sink, "", ""
        self._say("220 sink")
        while line := self.rfile.readline():
            command = line.decode().strip()
            word = command.split(" ")[0].upper()
            if word in sink.answers:
                self._say(sink.answers[word])
                if word == "DATA" and not sink.answers[word].startswith("354"):
                    continue
                if word != "DATA":
                    continue
            elif word == "DATA":
                self._say("354 go on")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "MAIL":
                    sender = _inside(command)
                if word == "RCPT":
                    recipient = _inside(command)
                self._say("250 ok")
                continue
            content = self._content()
            sink.mails.append((sender, recipient, content))
            if sink.cut_at == "data":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._say(sink.answers.get("END", "250 taken as 42"))
            if sink.cut_at == "250":
                self.connection.shutdown(socket.SHUT_RDWR)
                return

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def _inside(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


@contextlib.contextmanager
def running(sink: Sink) -> Iterator[Sink]:
    """The server, on a port of its own."""
    talk = type("Talk", (_Talk,), {"sink": sink})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), talk) as server:
        server.daemon_threads = True
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join(5)


@contextlib.contextmanager
def of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A server that the app sends to."""
    with running(Sink()) as sink:
        config = app.extensions["ticketdesk.config"]
        monkeypatch.setitem(app.extensions, "ticketdesk.config", replace(config, smtp_url=sink.url))
        yield sink
