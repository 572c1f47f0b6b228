"""What machines that watch the product are told, and who may ask (ML-11)."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from tests.channels.mails import mail, take
from tests.people import World
from ticketdesk.channels.email import intake
from ticketdesk.channels.sending_server import missed
from ticketdesk.core import outbox
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.reports import vitals


def told(client: FlaskClient) -> dict[str, float]:
    """Every number by its name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_a_quarantined_mail_is_counted(client: FlaskClient, world: World, now: datetime) -> None:
    assert told(client)["ticketdesk_mail_quarantined"] == 0
    assert take(b"", now).state == "quarantined"
    intake.store(mail(), source="smtp", mailbox=world.mailbox, received_at=now)
    db.session.commit()
    found = told(client)
    assert found["ticketdesk_mail_quarantined"] == 1
    assert found["ticketdesk_mail_waiting"] == 1


def test_work_is_counted_by_its_lane_and_age(client: FlaskClient, world: World, now: datetime) -> None:
    db.session.execute(update(OutboxRow).values(state="done"))
    for minutes in (3, 9):
        outbox.add("mail.operating", {}, due_at=now - timedelta(minutes=minutes), lane="mail")
    db.session.commit()
    found = told(client)
    assert found['ticketdesk_outbox_due{lane="mail"}'] == 2
    assert found['ticketdesk_outbox_due{lane="soon"}'] == 0
    assert found['ticketdesk_outbox_oldest_due_seconds{lane="mail"}'] >= 540


def test_mailboxes_and_servers_that_fail_are_told(client: FlaskClient, world: World, now: datetime) -> None:
    world.mailbox.imap_host, world.mailbox.fetch_misses, world.mailbox.fetched_at = "imap.desk.example", 4, now
    missed(None, "It is away.", now)
    db.session.commit()
    found = told(client)
    assert found[f'ticketdesk_mailbox_fetch_misses{{mailbox="{world.mailbox.address}"}}'] == 4
    assert found['ticketdesk_sending_server_misses{server="shared"}'] == 1


def test_clocks_over_their_time_are_counted(client: FlaskClient, world: World, now: datetime) -> None:
    before = told(client)["ticketdesk_sla_timers_overdue"]
    take(mail(), now)
    many = db.session.execute(
        text("UPDATE sla_timers SET due_at = :past WHERE state = 'running'"), {"past": now - timedelta(days=1)}
    )
    db.session.commit()
    assert told(client)["ticketdesk_sla_timers_overdue"] == before + many.rowcount  # type: ignore[attr-defined]


def test_processes_are_alive_or_not(tmp_path: Path) -> None:
    (tmp_path / "web.pid").write_text(f"{os.getpid()}\n")
    (tmp_path / "mail.pid").write_text("4194304999\n")
    (tmp_path / "worker-soon.pid").write_text("")
    assert vitals.processes(tmp_path) == {"web": True, "mail": False, "worker-soon": False}
    assert vitals.processes(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("10.0.0.4", {}),
        ("2001:db8::1", {}),
        ("", {}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.7"}),
    ],
)
def test_nobody_elsewhere_is_told(client: FlaskClient, address: str, headers: dict[str, str]) -> None:
    """Also whoever comes through a proxy that stands on this machine."""
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert answer.status_code == 404
    assert "ticketdesk_" not in answer.text


def test_nobodys_words_are_told(app: Flask, client: FlaskClient, world: World, now: datetime) -> None:
    take(mail(sender="Mallory <mallory@evil.example>", subject="CANARY-1", text="CANARY-2"), now)
    take(b"CANARY-3", now)
    page = client.get("/metrics").text
    assert "CANARY" not in page
    assert "mallory" not in page
