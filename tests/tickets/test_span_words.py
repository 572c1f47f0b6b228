"""How long something took, as people write it."""

import pytest

from ticketdesk.tickets.span_words import HOUR, MINUTE, understand, written


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("45", 45 * MINUTE),
        ("1h 20m", HOUR + 20 * MINUTE),
        ("1h20m", HOUR + 20 * MINUTE),
        ("1h20", HOUR + 20 * MINUTE),
        ("1 H 05", HOUR + 5 * MINUTE),
        ("0:45", 45 * MINUTE),
        ("12:00", 12 * HOUR),
        (" 1.5 hours ", HOUR + 30 * MINUTE),
        ("1,5 h", HOUR + 30 * MINUTE),
        ("2 hours and 5 minutes", 2 * HOUR + 5 * MINUTE),
        ("2 hours, 5 mins", 2 * HOUR + 5 * MINUTE),
        ("90 min.", 90 * MINUTE),
        ("7.5", 7 * MINUTE + 30),
        ("30s", 30),
        ("0", 0),
    ],
)
def test_it_is_read_kindly(words: str, seconds: int) -> None:
    assert understand(words) == seconds


@pytest.mark.parametrize(
    "words",
    ["", "  ", "soon", "-5", "1:75", "1:2", "20m 1h", "1h 1h", "1h x", "h", "١٢", "1e9", "9" * 41, "1:00:00", "5 m m"],
)
def test_what_says_no_length_is_nothing(words: str) -> None:
    assert understand(words) is None


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 754, 3600, 3601, 4800, 86_400])
def test_what_is_written_can_be_typed_again(seconds: int) -> None:
    assert understand(written(seconds)) == seconds
