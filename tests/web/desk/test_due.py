"""By when, in a shape, in words and in what is left."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import due

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


def ticket(minutes: float | None, state: str = "running", metric: str | None = "next_response") -> Ticket:
    return Ticket(
        next_due_metric=metric,
        next_due_state=state,
        next_due_at=None if minutes is None else NOW + timedelta(minutes=minutes),
        next_due_started_at=NOW - timedelta(minutes=60),
    )


@pytest.mark.parametrize(
    ("minutes", "kind", "lead", "words", "left"),
    [
        (43, "soon", "Next response due in", "43 min", 42),
        (59.9, "soon", "Next response due in", "59 min", 50),
        (60, "calm", "Next response due in", "1 h", 50),
        (180, "calm", "Next response due in", "3 h", 75),
        (0, "late", "Next response", "late under 1 min", 100),
        (-12, "late", "Next response", "late 12 min", 100),
    ],
)
def test_kinds(app: Flask, minutes: float, kind: str, lead: str, words: str, left: int) -> None:
    with app.test_request_context():
        shown = due.of_ticket(ticket(minutes), NOW)
    assert shown is not None
    assert (shown.kind, shown.lead, shown.words, shown.left) == (kind, lead, words, left)
    assert shown.step % 5 == 0 and shown.left <= shown.step <= 100


def test_far_away_it_names_the_day(app: Flask) -> None:
    with app.test_request_context():
        shown = due.of_ticket(ticket(60 * 48), NOW)
    assert shown is not None
    assert shown.words.startswith("Fri") and shown.lead == "Next response due"


def test_nothing_promised_or_nothing_waiting_shows_nothing(app: Flask) -> None:
    with app.test_request_context():
        assert due.of_ticket(ticket(10, metric=None), NOW) is None
        assert due.of_ticket(ticket(None), NOW) is None
        paused = due.of_ticket(ticket(None, "paused"), NOW)
    assert paused is not None and (paused.kind, paused.at) == ("paused", None)


@pytest.mark.parametrize(
    ("state", "stopped", "kind"),
    [
        ("met", True, "met"),
        ("breached", True, "none"),
        ("breached", False, "late"),
        ("ended", True, "none"),
        ("paused", False, "paused"),
    ],
)
def test_timers(app: Flask, state: str, stopped: bool, kind: str) -> None:
    timer = SlaTimer(
        metric="resolution",
        state=state,
        target_s=3600,
        consumed_s=600,
        started_at=NOW - timedelta(hours=3),
        due_at=None if state == "paused" else NOW - timedelta(hours=2),
        stopped_at=NOW if stopped else None,
    )
    with app.test_request_context():
        assert due.of_timer(timer, NOW).kind == kind
        assert "1 h" in due.used(timer)
