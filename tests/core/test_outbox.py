"""The memory of work: one claim at a time, nothing lost when a worker dies, and doubt that is repeated only once."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from flask import Flask

from ticketdesk.core import claiming, outbox, workplace
from ticketdesk.core.db import db
from ticketdesk.core.outbox import DOUBT, HELD, LEASE, Claim, OutboxRow


@pytest.fixture
def row(app: Flask, now: datetime) -> OutboxRow:
    made = outbox.add("tell", {"event_id": 1}, due_at=now)
    db.session.commit()
    return made


def claimed(row: OutboxRow, now: datetime) -> Claim:
    claim = claiming.take(row.id, now)
    assert claim is not None
    return claim


def test_a_row_is_claimed_by_one_only_and_its_attempt_counted_first(row: OutboxRow, now: datetime) -> None:
    assert claimed(row, now).attempts == 1
    assert claiming.take(row.id, now) is None


def test_a_row_is_not_claimed_before_it_is_due(row: OutboxRow, now: datetime) -> None:
    assert claiming.take(row.id, now - timedelta(seconds=1)) is None


def test_finishing_needs_the_lease(row: OutboxRow, now: datetime) -> None:
    first = claimed(row, now)
    later = now + LEASE + timedelta(seconds=1)
    outbox.recover(later)
    second = claimed(row, later)
    assert not outbox.finish(first, "done", later)
    assert outbox.finish(second, "done", later)
    db.session.refresh(row)
    assert (row.state, row.attempts, row.deaths) == ("done", 2, 1)


def test_a_worker_that_dies_three_times_has_its_row_parked(row: OutboxRow, now: datetime) -> None:
    for _ in range(outbox.MAX_DEATHS):
        claimed(row, now)
        now += LEASE + timedelta(seconds=1)
        outbox.recover(now)
    db.session.refresh(row)
    assert row.state == "parked"
    assert outbox.waiting(now + timedelta(days=1)) == []


def test_nobody_waits_for_the_lease_of_a_process_that_is_gone(
    row: OutboxRow, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with monkeypatch.context() as patch:
        patch.setattr(workplace, "here", lambda: f"{workplace.machine()}:{gone.pid}")
        claimed(row, now)
    outbox.recover(now)
    db.session.refresh(row)
    assert (row.state, row.deaths) == ("queued", 1)


@pytest.mark.parametrize("place", ["elsewhere/1:1", "", "nonsense", "this process", "the first process"])
def test_who_may_live_is_waited_for(row: OutboxRow, now: datetime, place: str) -> None:
    claimed(row, now)
    row.claimed_by = {"this process": workplace.here(), "the first process": f"{workplace.machine()}:1"}.get(
        place, place
    )
    db.session.flush()
    outbox.recover(now)
    db.session.refresh(row)
    assert row.state == "claimed"


def test_a_cut_after_handing_over_rests_ten_minutes_is_repeated_once_and_then_held(
    row: OutboxRow, now: datetime
) -> None:
    assert outbox.mark(claimed(row, now), stage="data")
    later = now + LEASE + timedelta(seconds=1)
    outbox.recover(later)
    db.session.refresh(row)
    assert (row.state, row.due_at) == ("ambiguous", later + DOUBT)
    assert claiming.take(row.id, later) is None

    again = later + DOUBT
    assert outbox.doubt(claimed(row, again), again, "cut")
    db.session.refresh(row)
    assert (row.state, row.due_at) == ("ambiguous", HELD)


def test_waiting_rows_are_nudged_oldest_first_and_not_again_at_once(app: Flask, now: datetime) -> None:
    young = outbox.add("tell", {}, due_at=now)
    old = outbox.add("tell", {}, due_at=now - timedelta(minutes=1), lane="mail")
    outbox.add("tell", {}, due_at=now + timedelta(minutes=1))
    db.session.commit()
    assert outbox.waiting(now) == [(old.id, "mail"), (young.id, "soon")]
    assert outbox.waiting(now) == []
    assert len(outbox.waiting(now + outbox.RENUDGE + timedelta(seconds=1))) == 2


def test_what_has_begun_can_no_longer_be_taken_back(row: OutboxRow, now: datetime) -> None:
    claimed(row, now)
    assert not outbox.cancel(row, now)


def test_what_waits_can_be_taken_back(row: OutboxRow, now: datetime) -> None:
    assert outbox.cancel(row, now)
    assert claiming.take(row.id, now) is None


def test_a_person_can_give_a_failed_row_another_life(row: OutboxRow, now: datetime) -> None:
    outbox.finish(claimed(row, now), "failed", now, error="no such mailbox")
    db.session.commit()
    db.session.refresh(row)
    outbox.again(row, now)
    db.session.commit()
    assert claimed(row, now).attempts == 1
