"""Listeners of soon: each on its own, and told again only when it failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask

from ticketdesk.core import clock, counters, events, jobs, outbox
from ticketdesk.core.db import db
from ticketdesk.core.jobs import Task
from ticketdesk.core.outbox import Claim


@dataclass(slots=True)
class Happened:
    """What is told."""

    id: int
    kind: str
    at: datetime


class Listeners:
    """Two that count what they were told, of which the second fails as long as it is broken."""

    broken = True

    def first(self, event: Happened, now: datetime) -> None:
        counters.move((), ("first",))

    def second(self, event: Happened, now: datetime) -> None:
        counters.move((), ("second",))
        db.session.flush()
        if self.broken:
            raise ValueError("broken")


@pytest.mark.parametrize("names", [("first", "second"), ("second", "first"), ("second",)])
def test_a_listener_that_fails_undoes_its_own_work_and_is_told_again(
    app: Flask, now: datetime, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners = Listeners()
    monkeypatch.setattr(events, "_soon", {"happened": tuple(getattr(listeners, name) for name in names)})

    def tell(claim: Claim, at: datetime) -> tuple[str, str | None]:
        events.tell_soon([Happened(1, "happened", at)], claim.progress.get("told", []), at)
        return "done", None

    monkeypatch.setitem(app.extensions["ticketdesk.tasks"], "try", Task(tell, waits=(timedelta(seconds=5),)))
    row = outbox.add("try", {}, due_at=now)
    db.session.commit()

    assert jobs.run(row.id, now) == "queued"
    assert counters.read(("first", "second")) == {"first": len(names) - 1, "second": 0}
    listeners.broken = False
    assert jobs.run(row.id, clock.now() + timedelta(minutes=1)) == "done"
    assert counters.read(("first", "second")) == {"first": len(names) - 1, "second": 1}
