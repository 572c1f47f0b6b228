"""One line an event, with its request, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from ticketdesk.core import logs
from ticketdesk.core.config import load

PRODUCTION = {
    "TICKETDESK_ENV": "production",
    "SECRET_KEY": "9f3b1c7d5e2a8046b9d1f0e3c5a7284690bd13f57e9c2a48",
    "PUBLIC_URL": "https://desk.example.com",
}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, capturing = list(root.handlers), root.level, logging._warnings_showwarning is not None
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capturing)
    structlog.reset_defaults()


def said(tmp_path: Path, environ: dict[str, str]) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(load(environ, tmp_path), "web", stream)
    return stream


def test_production_writes_json(tmp_path: Path) -> None:
    stream = said(tmp_path, PRODUCTION)
    with logs.bound(request="abc123"):
        structlog.get_logger("x").info("mail\nstored", size=3, password="hunter2")
    (line,) = stream.getvalue().splitlines()
    words = json.loads(line)
    assert words["event"] == "mail\nstored"
    assert (words["request"], words["part"], words["level"], words["size"]) == ("abc123", "web", "info", 3)
    assert words["password"] == logs.HIDDEN


def test_other_libraries_go_the_same_way(tmp_path: Path) -> None:
    stream = said(tmp_path, PRODUCTION)
    logging.getLogger("some.library").warning("no answer from %s", "redis://:hunter2@cache/0")
    words = json.loads(stream.getvalue())
    assert words["event"] == f"no answer from redis://{logs.HIDDEN}@cache/0"
    assert words["logger"] == "some.library"


def test_a_traceback_is_one_line_in_production(tmp_path: Path) -> None:
    stream = said(tmp_path, PRODUCTION)
    try:
        raise ValueError("bad")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: bad" in json.loads(line)["exception"]


def test_nobody_outside_begins_a_line(tmp_path: Path) -> None:
    stream = said(tmp_path, {})
    structlog.get_logger("x").warning("from", name="eve\n12:00:00 info    all is well\x1b[2J")
    (line,) = stream.getvalue().splitlines()
    assert "eve\\n12:00:00" in line
    assert "\x1b" not in line


def test_the_level_is_kept(tmp_path: Path) -> None:
    stream = said(tmp_path, {"LOG_LEVEL": "warning"})
    structlog.get_logger("x").info("chatter")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://[hidden]@h/d"),
        ("smtp://u@h", "smtp://u@h"),
        ("https://h/a:b@c", "https://h/a:b@c"),
        ("two redis://:a@h and redis://:b@h", "two redis://[hidden]@h and redis://[hidden]@h"),
        ("redis://:p@ss@h", "redis://[hidden]@h"),
        ("://", "://"),
        ("plain", "plain"),
    ],
)
def test_passwords_in_addresses(text: str, shown: str) -> None:
    assert logs.hide_in_addresses(text) == shown


def test_hidden_deep_inside(tmp_path: Path) -> None:
    event = logs.hide_secrets(None, "info", {"headers": {"Cookie": "a", "Accept": "b"}, "urls": ["x://u:p@h"]})
    assert event == {"headers": {"Cookie": logs.HIDDEN, "Accept": "b"}, "urls": ["x://[hidden]@h"]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a1-b2_c3", True), (None, False), ("", False), ("x" * 65, False), ("a b", False), ("ä", False), ("a\n", False)],
)
def test_a_request_id_from_outside_is_a_plain_word(given: str | None, kept: bool) -> None:
    assert (logs.request_id(given) == given) is kept
