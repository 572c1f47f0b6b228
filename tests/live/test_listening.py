"""The reader of the bell goes on listening, whatever becomes of its line."""

import queue
import socket

import pytest
from redis import Redis

from ticketdesk.core import bell
from ticketdesk.live import listening
from ticketdesk.live.folding import Ring
from ticketdesk.live.listening import EVERYTHING, Reader

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "RETRY", 0.05)
    monkeypatch.setattr(listening, "LISTEN", 0.1)
    monkeypatch.setattr(listening, "SILENT", 0.5)


def test_it_outlives_what_nobody_foresaw(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: queue.Queue[Ring] = queue.Queue()
    said = [RuntimeError("a fault in between"), IndexError("another one")]

    def faulty(data: object) -> Ring | None:
        if said:
            raise said.pop()
        return understood(data)

    understood = listening._ring
    monkeypatch.setattr(listening, "_ring", faulty)
    reader = Reader(redis_url, heard.put)
    reader.start()
    try:
        with Redis.from_url(redis_url) as redis:
            while said or heard.get(timeout=PATIENCE) == EVERYTHING:
                redis.publish(bell.channel(redis), '{"topic": "ticket:x", "seq": 1, "kind": "news"}')
    finally:
        reader.end(PATIENCE)


def test_a_redis_that_says_nothing_is_left_for_another_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        reader = Reader(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", lambda ring: None)
        reader.start()
        lines = [silent.accept()[0] for _line in range(2)]
    for line in lines:
        line.close()
    reader.end(PATIENCE)
