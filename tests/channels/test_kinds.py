"""ML-10: every kind of mail that leaves, read again as whoever gets it would: a row for each, or this fails."""

import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.channels.chat.talks import DANA, answers, comes, widget_of
from tests.channels.mails import later, mail, take, ticket_of, work_all
from tests.people import LONG_AGO, World
from tests.sla.promises import tells_ahead
from ticketdesk.channels.chat import transcript
from ticketdesk.channels.email import codes, letters, order_refusals, sending
from ticketdesk.channels.email.composing import Outgoing
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.notifications import gathering, operating, preferences
from ticketdesk.notifications.preferences import Setting
from ticketdesk.sla import defaults
from ticketdesk.surveys import settings
from ticketdesk.tickets import assignment, merging, noting, progress, replying, side_talking
from ticketdesk.tickets.side_talking import Draft
from ticketdesk.tickets.ticket import Ticket

NOTE = "Canary: she paid late twice"
WORDS = "Grüße aus 東京, " + "x" * 3000 + "\n\n.\n\n" + "Ein Satz, der nicht endet, " * 200
ADDRESS = re.compile(r"https?://[^\s\"'<>)\]]+")
ALWAYS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
}  # fmt: skip
AUTOMATIC = {"Auto-Submitted", "X-Auto-Response-Suppress"}
THREAD = {"In-Reply-To", "References"}
LIST = {"List-Unsubscribe", "List-Unsubscribe-Post"}

Make = Callable[[World, datetime], object]


def asks(world: World, now: datetime) -> Ticket:
    """Dana writes, and alice notes something that is nobody else's business."""
    ticket = ticket_of(take(mail(subject="Die Lehne ist ab – 椅子"), now))
    noting.note(ticket, world.alice, NOTE, at=now)
    db.session.commit()
    return ticket


def replied(world: World, now: datetime) -> Ticket:
    ticket = asks(world, now)
    replying.reply(ticket, world.alice, WORDS, to=[("dana@customer.example", "Dana")], at=now)
    db.session.commit()
    work_all(now)
    return ticket


def acknowledged(world: World, now: datetime) -> None:
    world.mailbox.acknowledges = True
    asks(world, now)
    work_all(now)


def merged(world: World, now: datetime) -> None:
    raw = mail(sender="Eve <eve@customer.example>")
    source = ticket_of(take(raw, now, envelope_from="eve@customer.example"))
    merging.merge(source, asks(world, now), world.alice.actor, now, widen=True, tell=True)
    db.session.commit()
    work_all(now)


def surveyed(world: World, now: datetime) -> None:
    settings.save(world.brand.id, settings.Rules(enabled=True), SYSTEM, now)
    progress.solve(replied(world, now), world.alice.actor, now)
    db.session.commit()
    work_all(later(now, hours=1))


def moved(world: World, now: datetime) -> None:
    world.mailbox.acknowledges = True
    policy = defaults.create(SYSTEM, LONG_AGO)
    tells_ahead(policy)
    db.session.commit()
    asks(world, now)
    work_all(now)
    work_all(now + timedelta(hours=4) - timedelta(minutes=24))


def noticed(world: World, now: datetime) -> None:
    ticket = asks(world, now)
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    noting.note(ticket, world.alice, NOTE, at=later(now, seconds=1))
    db.session.commit()
    work_all(now)
    work_all(later(now, seconds=1))


def gathered(world: World, now: datetime) -> None:
    preferences.choose(world.bob, Setting(rhythm="hourly"), now)
    ticket = asks(world, now)
    assignment.assign(ticket, world.bob, world.alice.actor, now)
    noting.note(ticket, world.alice, NOTE, at=later(now, seconds=1), mentioned=[world.bob.id])
    db.session.commit()
    work_all(later(now, seconds=1))
    gathering.gather(later(now, hours=1))
    db.session.commit()
    work_all(later(now, hours=1))


def operated(_world: World, now: datetime) -> None:
    operating.ask("quarantine", {"count": 2}, now)
    db.session.commit()
    work_all(now)


def refused(world: World, now: datetime) -> None:
    order_refusals.tell(world.alice, asks(world, now), [("#priority sky-high", "There is no such priority.")], now)
    db.session.commit()
    work_all(now)


def coded(world: World, now: datetime) -> None:
    asks(world, now)
    codes.ask(world.brand.id, "dana@customer.example", "browser", now)
    db.session.commit()
    work_all(now)


def chatted(world: World, now: datetime) -> Any:
    guest = comes(widget_of(world), now, name="Dana", email=DANA)
    guest.says("The armrest came off", now)
    assignment.assign(guest.ticket, world.alice, world.alice.actor, now)
    noting.note(guest.ticket, world.alice, NOTE, at=now)
    db.session.commit()
    work_all(now)
    return guest


def missed(world: World, now: datetime) -> None:
    guest = chatted(world, now)
    answers(world.alice, guest.ticket, WORDS, later(now, minutes=1))
    guest.stays(later(now, minutes=2))
    guest.leaves(later(now, minutes=2))
    work_all(later(now, minutes=6))


def transcribed(world: World, now: datetime) -> None:
    guest = chatted(world, now)
    answers(world.alice, guest.ticket, WORDS, later(now, minutes=1))
    guest.reads(later(now, minutes=1))
    transcript.ask(guest.visitor, "en_GB", later(now, minutes=2))
    db.session.commit()
    work_all(later(now, minutes=2))


def asked_beside(world: World, now: datetime) -> None:
    ticket = asks(world, now)
    side_talking.begin(
        ticket, world.alice, "A spare armrest – 椅子", Draft(WORDS, (("parts@maker.example", "Maker"),)), now
    )
    db.session.commit()
    work_all(later(now, minutes=1))


@dataclass(frozen=True)
class Row:
    """One kind: how it comes about, which headers it bears beside those of all, and what it says of its author."""

    make: Make
    headers: frozenset[str]
    automatic: str | None


def row(make: Make, automatic: str | None, *headers: set[str]) -> Row:
    return Row(make, frozenset(ALWAYS.union(*headers, AUTOMATIC if automatic else ())), automatic)


KINDS = {
    "acknowledgement": row(acknowledged, "auto-replied", THREAD),
    "chat_missed": row(missed, None),
    "chat_transcript": row(transcribed, "auto-generated"),
    "code": row(coded, "auto-generated"),
    "merged": row(merged, "auto-generated", THREAD),
    "notice": row(noticed, "auto-generated", {"References"}),
    "notices": row(gathered, "auto-generated"),
    "operating": row(operated, "auto-generated"),
    "orders": row(refused, "auto-replied", {"References"}),
    "promise_moved": row(moved, "auto-generated", THREAD),
    "reply": row(replied, None, THREAD),
    "side": row(asked_beside, None),
    "survey": row(surveyed, "auto-generated", THREAD, LIST),
}


def test_every_kind_has_a_row(app: Flask) -> None:
    there = {found.parent.name for found in Path(app.root_path).parent.glob("templates/mail/*/subject.txt")}
    assert there == set(KINDS)
    bodiless = [
        name
        for name in there
        for part in ("body.txt", "body.html")
        if not (Path(app.root_path).parent / "templates/mail" / name / part).exists()
    ]
    assert bodiless == []


@pytest.fixture
def left(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[bytes]]:
    """What leaves, by the name of its templates."""
    found: dict[str, list[bytes]] = {}
    names: list[str] = []

    def rendered(name: str, locale: str, words: dict[str, Any]) -> tuple[str, str, str]:
        names.append(name)
        return was_rendered(name, locale, words)

    def written(outgoing: Outgoing) -> bytes:
        content = was_written(outgoing)
        found.setdefault(names[-1], []).append(content)
        return content

    was_rendered, was_written = letters.rendered, sending.written
    monkeypatch.setattr(letters, "rendered", rendered)
    monkeypatch.setattr(sending, "written", written)
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_of_mail(app: Flask, world: World, left: dict[str, list[bytes]], now: datetime, kind: str) -> None:
    wanted = KINDS[kind]
    world.mailbox.acknowledges = False
    db.session.commit()
    wanted.make(world, now)
    assert left.get(kind), f"none left, but {sorted(left)}"
    for raw in left[kind]:
        holds(raw, wanted, kind, app.extensions["ticketdesk.config"].public_url)


def holds(raw: bytes, wanted: Row, kind: str, house: str) -> None:
    """One mail as its reader gets it."""
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    read = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not [defect for part in read.walk() for defect in part.defects]
    assert sorted(read.keys()) == sorted(wanted.headers)
    assert read["auto-submitted"] == wanted.automatic
    assert read["x-auto-response-suppress"] == ("All" if wanted.automatic else None)
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    parts = [part for part in read.walk() if part.get_content_maintype() == "text"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    texts = [str(part.get_content()) for part in parts]
    assert all(len(text.strip()) > 20 for text in texts)
    assert "�" not in "".join(texts)
    whole = "\n".join([*texts, *(str(value) for value in read.values())])
    assert NOTE not in whole
    assert "{{" not in whole
    for address in ADDRESS.findall(whole):
        assert address == house or address.startswith(f"{house}/"), address
    assert "<script" not in texts[1].lower()
    assert "<img" not in texts[1].lower(), "nothing of ours tells that it was opened"
    if kind == "survey":
        (link,) = ADDRESS.findall(read["list-unsubscribe"])
        assert read["list-unsubscribe"] == f"<{link}>"
        assert read["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
