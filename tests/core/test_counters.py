"""Counts that are kept: the same before and after folding."""

from flask import Flask

from ticketdesk.core import counters


def test_totals_are_right_before_and_after_folding(app: Flask) -> None:
    counters.move([], ["queue:1", "agent:1"])
    counters.move([], ["queue:1"])
    counters.move(["queue:1"], ["queue:2"])
    keys = ["queue:1", "queue:2", "agent:1", "never"]
    expected = {"queue:1": 1, "queue:2": 1, "agent:1": 1, "never": 0}
    assert counters.read(keys) == expected
    assert counters.fold() == 5
    assert counters.read(keys) == expected
    assert counters.fold() == 0


def test_folding_in_parts_ends_with_the_same_totals(app: Flask) -> None:
    for _ in range(5):
        counters.move([], ["queue:1"])
    assert [counters.fold(limit=2), counters.fold(limit=2), counters.fold(limit=2)] == [2, 2, 1]
    assert counters.read(["queue:1"]) == {"queue:1": 5}
