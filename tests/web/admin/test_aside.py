"""Mail that was set aside: seen, saved, and tried again."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import LONG_AGO, World
from ticketdesk.channels.email import intake
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.web.admin import aside

BYTES = b"From: far@away.example\r\nSubject: <b>x</b>\r\n\r\nhello\x00\xff"


def set_aside(world: World, state: str, many: int = 1, at: datetime = LONG_AGO) -> list[RawMail]:
    found = []
    for number in range(many):
        raw = intake.store(
            BYTES,
            source="smtp",
            mailbox=world.mailbox,
            envelope_from=f"far{number}@away.example",
            envelope_to=["support@desk.example"],
            received_at=at + timedelta(minutes=number),
        )
        raw.state, raw.reason = state, f"It has too many parts ({number})."
        raw.label = "bounce" if state == "inert" else None
        found.append(raw)
    db.session.flush()
    db.session.execute(db.update(OutboxRow).values(state="done"))
    db.session.commit()
    return found


def test_it_is_shown_with_its_reason(ada: FlaskClient, world: World) -> None:
    set_aside(world, "quarantined")
    set_aside(world, "inert")
    page = ada.get("/admin/mail/quarantined").text
    assert "It has too many parts (0)." in page
    assert "far0@away.example" in page
    assert "Quarantine (1)" in page
    assert "delivery report" in ada.get("/admin/mail/inert").text
    assert "One mail could not be read" in ada.get("/admin").text


def test_it_is_saved_as_it_came(ada: FlaskClient, world: World) -> None:
    (raw,) = set_aside(world, "quarantined")
    assert ada.get(f"/admin/mail/{raw.id}/raw").data == BYTES


def test_it_is_looked_at_as_text(ada: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (raw,) = set_aside(world, "quarantined")
    answer = ada.get(f"/admin/mail/{raw.id}")
    assert "Subject: &lt;b&gt;x&lt;/b&gt;" in answer.text
    assert "<b>x</b>" not in answer.text
    assert b"\x00" not in answer.data
    assert "Only its beginning" not in answer.text
    monkeypatch.setattr(aside, "LONGEST_LOOK", 10)
    page = ada.get(f"/admin/mail/{raw.id}").text
    assert "Only its beginning" in page
    assert "Subject" not in page
    raw.state = "message"
    db.session.commit()
    assert ada.get(f"/admin/mail/{raw.id}").status_code == 404


def test_it_is_tried_again(ada: FlaskClient, world: World) -> None:
    (raw,) = set_aside(world, "quarantined")
    assert ada.post(f"/admin/mail/{raw.id}/retry").status_code == 302
    db.session.expire_all()
    assert raw.state == "stored"
    assert db.session.scalars(select(OutboxRow)).one().state == "queued"
    assert ada.post(f"/admin/mail/{raw.id}/retry").status_code == 404
    assert ada.get(f"/admin/mail/{raw.id}/raw").status_code == 404


def test_all_of_one_kind_are_tried_again(ada: FlaskClient, world: World) -> None:
    set_aside(world, "quarantined", 3)
    (inert,) = set_aside(world, "inert")
    assert ada.post("/admin/mail/quarantined/retries").status_code == 302
    db.session.expire_all()
    assert db.session.scalars(select(RawMail.state).order_by(RawMail.id)).all() == ["stored"] * 3 + ["inert"]
    assert inert.state == "inert"
    assert "Every mail that came could be read." in ada.get("/admin/mail/quarantined").text


def test_long_lists_have_pages(ada: FlaskClient, world: World) -> None:
    set_aside(world, "quarantined", 51)
    first = ada.get("/admin/mail/quarantined").text
    assert "far50@" in first
    assert "far0@" not in first
    on = first.partition('href="/admin/mail/quarantined?before=')[2].partition('"')[0]
    second = ada.get(f"/admin/mail/quarantined?before={on}").text
    assert "far0@" in second
    assert "far1@" not in second
    assert ada.get("/admin/mail/quarantined?before=x").status_code == 200
    assert ada.get("/admin/mail/quarantined?before=99999999999999999999").status_code == 200
    assert ada.get("/admin/mail/other").status_code == 404


def test_it_is_found_by_its_sender_or_its_reason(ada: FlaskClient, world: World) -> None:
    set_aside(world, "quarantined", 3)
    for words, there, not_there in (
        ("FAR1@", "far1@", "far2@"),
        ("parts (2)", "far2@", "far1@"),
        ("%", "Nothing like", "far"),
    ):
        page = ada.get("/admin/mail/quarantined", query_string={"find": words}).text
        rows = page.partition("<tbody>")[2] or page.partition('role="search"')[2]
        assert there in rows and not_there not in rows.replace(f'value="{words}"', "")
    assert ada.get("/admin/mail/quarantined?find=%00").status_code == 200
