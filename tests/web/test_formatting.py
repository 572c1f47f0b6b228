"""Times, spans and sizes in words."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from ticketdesk.web import formatting

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under 1 min"),
        (59, "under 1 min"),
        (60, "1 min"),
        (43 * 60, "43 min"),
        (3600, "1 h"),
        (4800, "1 h 20"),
        (3600 * 2 + 300, "2 h 05"),
        (3600 * 47, "47 h"),
        (3600 * 51, "2 d 3 h"),
        (3600 * 72, "3 d"),
    ],
)
def test_spans(app: Flask, seconds: int, words: str) -> None:
    with app.test_request_context():
        assert formatting.duration(seconds) == words


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=30), "a day ago"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=30), "9 Feb"),
        (timedelta(days=400), "Feb 2025"),
    ],
)
def test_how_long_since(app: Flask, back: timedelta, words: str) -> None:
    with app.test_request_context():
        assert formatting.ago(NOW - back, NOW) == words


def test_days(app: Flask) -> None:
    with app.test_request_context():
        assert formatting.day(NOW, NOW) == "Today"
        assert formatting.day(NOW - timedelta(days=1), NOW) == "Yesterday"
        assert formatting.day(NOW - timedelta(days=4), NOW) == "Saturday 7 March"
        assert formatting.day(NOW - timedelta(days=400), NOW) == "Tuesday 4 February 2025"


@pytest.mark.parametrize(("octets", "words"), [(5, "5 bytes"), (840_000, "840 kB"), (2_100_000, "2.1 MB")])
def test_sizes(app: Flask, octets: int, words: str) -> None:
    with app.test_request_context():
        assert formatting.size(octets) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maya Thornton", "MT"),
        ("Ines", "I"),
        ("Anna Maria van der Berg", "AB"),
        ("maya.thornton@example.com", "MT"),
        ("", "?"),
        ("<b>", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters
