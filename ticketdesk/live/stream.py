"""One browser's line: an open socket, what is half said on it, and who is at the other end."""

import os
from typing import Any

from ticketdesk.live import frames
from ticketdesk.live.audience import Audience
from ticketdesk.live.frames import Broken

BITE = 4096
MOST_UNSENT = 16 * 1024
"""Bytes a browser may lag behind; a slower one is dropped, and asks for what it missed when it is back."""


class TooSlow(Exception):
    """The browser does not take what it is told."""


class Stream:
    """A socket without a thread of its own; nothing here waits."""

    __slots__ = (
        "audience",
        "counted",
        "fd",
        "guest",
        "heard",
        "is_closing",
        "is_known",
        "is_silent",
        "part",
        "said",
        "source",
        "topics",
        "unsent",
    )

    def __init__(self, fd: int, audience: Audience, guest: Any, source: str = "") -> None:
        """Take over an open socket that does not block; `source` is the address that it came from."""
        self.fd = fd
        self.source = source
        self.counted: tuple[object, ...] = ()  # under what it counts as one of several
        self.audience = audience
        self.guest = guest
        self.topics: tuple[str, ...] = ()
        self.heard = b""  # the beginning of a frame
        self.part: bytes | None = None  # the beginning of a word in several frames
        self.unsent = b""
        self.said = 0  # words since the last sign of life was asked for
        self.is_known = False
        self.is_silent = False  # since then
        self.is_closing = False

    @property
    def is_open(self) -> bool:
        """Whether there is still a socket."""
        return self.fd >= 0

    def send(self, words: bytes) -> None:
        """Say it now as far as the line takes it; raises TooSlow, and OSError where nobody is there."""
        if self.unsent:
            self.unsent += words
        else:
            self.unsent = words
            self.flush()
        if len(self.unsent) > MOST_UNSENT:
            raise TooSlow

    def flush(self) -> None:
        """Say what could not be said before; raises OSError where nobody is there."""
        try:
            sent = os.write(self.fd, self.unsent)
        except BlockingIOError:
            return
        self.unsent = self.unsent[sent:]

    def receive(self) -> list[str] | None:
        """The words that came; None when the browser has gone, or said goodbye. Raises Broken."""
        try:
            bite = os.read(self.fd, BITE)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not bite:
            return None
        self.is_silent = False
        if self.is_closing:
            return [] if not _says_goodbye(bite) else None
        return self._understood(self.heard + bite)

    def _understood(self, heard: bytes) -> list[str] | None:
        words: list[str] = []
        longest = self.audience.longest_word
        while True:
            frame, heard = frames.read(heard, max(longest, frames.MOST_CONTROL))
            if frame is None:
                self.heard = heard
                return words
            self.said += 1
            if frame.kind == frames.CLOSE:
                return None
            if frame.kind == frames.PING:
                self.unsent += frames.written(frames.PONG, frame.body)
            elif frame.kind != frames.PONG:
                word = self._whole(frame, longest)
                if word is not None:
                    words.append(word)

    def _whole(self, frame: frames.Frame, longest: int) -> str | None:
        """The word that ends with this frame; None while it goes on."""
        if (frame.kind == frames.CONTINUED) is (self.part is None):
            raise Broken(frames.PROTOCOL_ERROR)
        body = (self.part or b"") + frame.body
        if len(body) > longest:
            raise Broken(frames.TOO_BIG)
        if not frame.is_last:
            self.part = body
            return None
        self.part = None
        try:
            return body.decode()  # a binary frame is read as text: nothing that we understand is not
        except UnicodeDecodeError:
            raise Broken(frames.NOT_TEXT) from None


def _says_goodbye(bite: bytes) -> bool:
    return bite[0] & 15 == frames.CLOSE
