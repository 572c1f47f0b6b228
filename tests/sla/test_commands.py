"""The commands that explain and rebuild."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.sla import commands
from ticketdesk.sla.commands import sla_commands
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import progress
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)


@pytest.fixture
def ticket(world: World, policy: SlaPolicy, now: datetime) -> Ticket:
    ticket = open_for(world, world.care_queue, at=now)
    progress.move_to(ticket, "pending", world.alice.actor, now + 6 * HOUR)
    db.session.commit()
    return ticket


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(sla_commands, arguments)
    return result.exit_code, result.output


def test_explain_gives_the_promised_object(app: Flask, ticket: Ticket, now: datetime) -> None:
    with time_machine.travel(now + 24 * HOUR, tick=False):
        code, output = run(app, "explain", str(ticket.number), "--json")
    assert code == 0
    told = json.loads(output)
    assert told["ticket"] == ticket.number
    resolution, first = told["timers"]
    assert {key: value for key, value in resolution.items() if key != "segments"} == {
        "metric": "resolution",
        "target_s": 86400,
        "due_at": None,
        "state": "paused",
        "consumed_s": 6 * 3600,
        "policy": "Standard",
        "policy_version": 1,
    }
    day = "2026-03-0"
    assert [
        (one["from"], one["to"], one["state"], one["business_s"], one["reason"]) for one in resolution["segments"]
    ] == [
        (f"{day}4T10:00:00+00:00", f"{day}4T16:00:00+00:00", "running", 21600, "ticket_opened"),
        (f"{day}4T16:00:00+00:00", f"{day}4T17:00:00+00:00", "paused", 0, "status_changed"),
        (f"{day}4T17:00:00+00:00", f"{day}5T09:00:00+00:00", "closed", 0, "status_changed"),
        (f"{day}5T09:00:00+00:00", f"{day}5T10:00:00+00:00", "paused", 0, "status_changed"),
    ]
    assert (first["state"], first["due_at"], first["consumed_s"]) == ("breached", f"{day}4T14:00:00+00:00", 8 * 3600)


def test_explain_in_words(app: Flask, ticket: Ticket, now: datetime) -> None:
    with time_machine.travel(now + 24 * HOUR, tick=False):
        code, output = run(app, "explain", str(ticket.number))
    assert code == 0
    assert f"#{ticket.number} first_response 1: breached, due Wed 2026-03-04 14:00:00 UTC" in output
    assert "6 h used of 24 h; policy Standard, version 1" in output


def test_an_unknown_ticket_is_said_to_be_unknown(app: Flask, ticket: Ticket) -> None:
    code, output = run(app, "explain", "1")
    assert (code, output) == (1, "Error: There is no ticket #1.\n")


def test_rebuild_puts_right_what_differs(app: Flask, ticket: Ticket, now: datetime) -> None:
    db.session.execute(update(SlaTimer).where(SlaTimer.metric == "resolution").values(consumed_s=5))
    db.session.commit()
    with time_machine.travel(now + 7 * HOUR, tick=False):
        code, output = run(app, "rebuild", "--dry-run")
        assert code == 1
        assert f"#{ticket.number} resolution 1: consumed_s is 5, should be 21600" in output
        assert run(app, "rebuild")[0] == 0
        assert run(app, "rebuild", "--dry-run")[0] == 0


def test_one_ticket_is_rebuilt_and_no_other(app: Flask, world: World, ticket: Ticket, now: datetime) -> None:
    other = open_for(world, world.care_queue, at=now)
    db.session.flush()
    db.session.execute(update(SlaTimer).where(SlaTimer.metric == "resolution").values(target_s=5))
    db.session.commit()
    with time_machine.travel(now + HOUR, tick=False):
        code, output = run(app, "rebuild", str(ticket.number))
        assert (code, f"#{other.number}" in output) == (0, False)
        assert "1 tickets looked at" in output
        assert "1 differed" in output
        assert run(app, "rebuild", "--dry-run", str(ticket.number))[0] == 0
        assert run(app, "rebuild", "--dry-run", str(other.number))[0] == 1
        assert run(app, "rebuild", "1") == (1, "Error: There is no ticket #1.\n")


def test_a_stopped_run_goes_on_where_it_was(
    app: Flask, world: World, ticket: Ticket, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "BATCH", 2)
    later = [open_for(world, world.care_queue, at=now) for _ in range(4)]
    db.session.flush()
    db.session.execute(update(SlaTimer).values(target_s=5))
    db.session.commit()
    with time_machine.travel(now + HOUR, tick=False):
        code, output = run(app, "rebuild", "--after", str(later[0].number))
        assert code == 0
        assert f"2 tickets looked at, up to #{later[2].number}; 2 differed." in output
        assert f"3 tickets looked at, up to #{later[3].number}; 3 differed." in output
        code, output = run(app, "rebuild", "--dry-run")
    assert {line.split()[0] for line in output.splitlines() if line.startswith("#")} == {
        f"#{ticket.number}",
        f"#{later[0].number}",
    }


def test_what_cannot_be_reckoned_is_said_and_keeps_no_other_from_it(
    app: Flask, world: World, ticket: Ticket, now: datetime
) -> None:
    sound = open_for(world, world.care_queue, at=now)
    db.session.flush()
    db.session.execute(update(SlaTimer).values(target_s=5))
    db.session.execute(update(Event).where(Event.ticket_id == ticket.id, Event.kind == "ticket_opened").values(data={}))
    db.session.commit()
    with time_machine.travel(now + HOUR, tick=False):
        code, output = run(app, "rebuild")
        assert code == 0
        assert f"#{ticket.number} cannot be reckoned: KeyError: 'priority'" in output
        assert run(app, "rebuild", "--dry-run", str(sound.number))[0] == 0
