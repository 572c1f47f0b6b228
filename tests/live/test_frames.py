"""Frames, against another implementation and against nonsense."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from ticketdesk.live import frames
from ticketdesk.live.frames import Broken, Frame


def browser() -> Connection:
    return Connection(ConnectionType.CLIENT)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.integers(1, 40))
def test_what_a_browser_says_is_read_however_it_is_cut(words: str, bite: int) -> None:
    said = browser().send(TextMessage(data=words)) + browser().send(Ping(payload=b"there?"))
    heard, found = b"", list[Frame]()
    for start in range(0, len(said), bite):
        heard += said[start : start + bite]
        while True:
            frame, heard = frames.read(heard, 2000)
            if frame is None:
                break
            found.append(frame)
    assert found == [Frame(frames.TEXT, words.encode(), True), Frame(frames.PING, b"there?", True)]
    assert heard == b""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40_000))
def test_a_browser_reads_what_we_say(words: str) -> None:
    other = browser()
    other.receive_data(frames.text(words) + frames.closing(frames.RESTARTS))
    events: list[Event] = list(other.events())
    said = "".join(str(event.data) for event in events if isinstance(event, TextMessage))
    assert said == words
    goodbye = events[-1]
    assert isinstance(goodbye, CloseConnection)
    assert goodbye.code == 1012


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x81\x05Hello", 1002),  # not masked
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # packed, which was not agreed on
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # a kind that there is not
        (b"\x09\x80\x00\x00\x00\x00", 1002),  # a ping in parts
        (b"\x89\xfe\x00\x80", 1002),  # a long ping
        (b"\x81\xff" + b"\xff" * 8, 1009),
        (b"\x81\xfe\xff\xff", 1009),
    ],
)
def test_what_breaks_the_rules_is_refused_before_it_is_read(said: bytes, code: int) -> None:
    with pytest.raises(Broken) as refused:
        frames.read(said, 2000)
    assert refused.value.code == code


def test_noise_is_refused_or_waits_for_more() -> None:
    chance = random.Random(5)
    for _ in range(20_000):
        heard = chance.randbytes(chance.randrange(40))
        try:
            frame, rest = frames.read(heard, 30)
        except Broken:
            continue
        assert frame is not None or rest == heard
        assert frame is None or len(frame.body) <= 125


def test_bytes_are_read_like_text() -> None:
    frame, _rest = frames.read(browser().send(BytesMessage(data=b"\x00\xff")), 200)
    assert frame == Frame(frames.BINARY, b"\x00\xff", True)
