"""Business time in words."""

import pytest
from flask import Flask

from ticketdesk.web import spans


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (45, "45 s"), (60, "1 min"), (90, "1 min 30"), (720, "12 min"), (3600, "1 h"), (187_200, "52 h")],
)
def test_short_and_never_in_days(app: Flask, seconds: int, words: str) -> None:
    with app.test_request_context():
        assert spans.short(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "day_s", "words"),
    [
        (90, None, "90 seconds"),
        (300, None, "5 minutes"),
        (3600, None, "1 hour"),
        (9000, None, "2 hours and 30 minutes"),
        (3723, None, "1 hour, 2 minutes and 3 seconds"),
        (28_800, 28_800, "1 business day"),
        (57_600, 28_800, "2 business days"),
        (57_600, 27_000, "16 hours"),
        (172_800, 86_400, "2 days"),
    ],
)
def test_spoken_in_full(app: Flask, seconds: int, day_s: int | None, words: str) -> None:
    with app.test_request_context():
        assert spans.spoken(seconds, day_s) == words
