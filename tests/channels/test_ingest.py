"""`mail ingest`: files, folders, mbox files, Maildirs and standard input, one line of JSON for each mail."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels.mails import mail
from tests.people import World
from ticketdesk.channels.email import intake, sources
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import storage
from ticketdesk.core.db import db

FROM = b"From dana@customer.example Wed Mar  4 09:59:00 2026\n"


def ingest(app: Flask, *arguments: str, given: bytes | None = None, code: int = 0) -> list[dict[str, Any]]:
    result = app.test_cli_runner().invoke(args=["mail", "ingest", *arguments], input=given)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_outcomes_have_their_words(world: World, app: Flask, tmp_path: Path) -> None:
    first = mail(message_id="first@customer.example")
    files = {
        "1.eml": first,
        "2.eml": mail(headers=[("In-Reply-To", "<first@customer.example>")], message_id="second@customer.example"),
        "3.eml": first,
        "4.eml": mail(headers=[("Auto-Submitted", "auto-replied")]),
        "5.eml": b"",
    }
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    lines = ingest(app, str(tmp_path))
    assert [line["outcome"] for line in lines] == ["created", "appended", "duplicate", "auto_reply", "quarantined"]
    assert [line["file"] for line in lines] == [str(tmp_path / name) for name in files]
    assert set(lines[0]) == {"file", "outcome", "ticket", "message_id", "threaded_by", "reason"}
    assert lines[0]["ticket"] == lines[1]["ticket"] == lines[2]["ticket"]
    assert (lines[1]["threaded_by"], lines[1]["message_id"]) == ("message_id", "second@customer.example")
    assert lines[3]["ticket"] is None
    assert lines[3]["reason"]
    assert lines[4]["reason"] == "an empty message"


def test_standard_input_is_a_mail(world: World, app: Flask) -> None:
    (line,) = ingest(app, "-", given=mail())
    assert (line["file"], line["outcome"]) == ("-", "created")


def test_an_mbox_is_taken_apart(world: World, app: Flask, tmp_path: Path) -> None:
    first, second = (mail(text=f"Text {n}\r\nFrom here on").replace(b"\r\n", b"\n") for n in (1, 2))
    box = FROM + first.replace(b"\nFrom here", b"\n>From here") + b"\n" + FROM + second + b"\n"
    (tmp_path / "old.mbox").write_bytes(box)
    lines = ingest(app, str(tmp_path / "old.mbox"))
    assert [line["file"] for line in lines] == [f"{tmp_path}/old.mbox#{n}" for n in (1, 2)]
    raws = db.session.scalars(select(RawMail.blob_sha256).order_by(RawMail.id)).all()
    assert [storage.read(sha) for sha in raws] == [first, second]


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (FROM + b"A: b\n\nx\n", 1),
        (FROM + b"A: b\n\nx\n\n" + FROM + b"A: b\n\ny\n", 2),
        (FROM + b"A: b\n\nFrom me to you\n\nFrom all of us\n", 1),
        (FROM + b"A: b\n\nnot after an empty line\n" + FROM, 1),
        (b"A: b\n\n" + FROM + b"A: b\n", 1),
        (b"", 1),
        (FROM.replace(b"\n", b"\r\n") + b"A: b\r\n\r\nx\r\n\r\n" + FROM.replace(b"\n", b"\r\n") + b"A: b\r\n", 2),
    ],
    ids=range(7),
)
def test_what_separates_mails_and_what_does_not(content: bytes, count: int) -> None:
    assert len(sources.members(content)) == count


def test_a_maildir_is_read_in_the_order_of_arrival(world: World, app: Flask, tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1700000002.a").write_bytes(
        mail(headers=[("In-Reply-To", "<first@customer.example>")], subject="x")
    )
    (tmp_path / "cur" / "1700000001.a:2,S").write_bytes(mail(message_id="first@customer.example"))
    (tmp_path / "tmp" / "half").write_bytes(b"x")
    assert [line["outcome"] for line in ingest(app, str(tmp_path))] == ["created", "appended"]


def test_a_mailbox_can_be_named_and_a_wrong_name_takes_nothing(world: World, app: Flask) -> None:
    made = Mailbox(
        brand_id=world.brand.id,
        queue_id=world.orders_queue.id,
        address="sales@desk.example",
        name="",
        created_at=world.mailbox.created_at,
    )
    db.session.add(made)
    db.session.commit()
    made_id = made.id
    ingest(app, "-", "--mailbox", "Sales@Desk.Example", given=mail())
    assert db.session.scalars(select(RawMail.mailbox_id)).all() == [made_id]
    ingest(app, "-", "--mailbox", "who@desk.example", given=mail(), code=2)
    assert db.session.scalar(select(func.count(RawMail.id))) == 1


def test_a_path_that_is_not_there_does_not_stop_the_others(world: World, app: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail())
    assert len(ingest(app, str(tmp_path / "none"), str(tmp_path / "a.eml"), code=2)) == 1


def test_a_store_that_fails_is_an_error(
    world: World, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake.storage, "keep", full)
    assert ingest(app, "-", given=mail(), code=1) == []
