"""Mail is signed with a key of ours once its record is published; what goes wrong with that stops no mail."""

from datetime import datetime

import dkim
import pytest
from flask import Flask

from tests.channels import sinks
from tests.channels.mails import later, mail, rows, take, ticket_of, work_all
from tests.channels.sinks import Sink
from tests.people import World
from ticketdesk.channels.email import dkim_signing
from ticketdesk.core import secrets
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.tickets import replying


def sent(world: World, now: datetime) -> bytes:
    """An answer on its way through a real server."""
    world.mailbox.acknowledges = False
    ticket = ticket_of(take(mail(), now))
    with sinks.running(Sink()) as sink:
        world.mailbox.smtp_url = secrets.encrypted(sink.url)
        text = "We **send** one.\n.\nÜber " + "long " * 300
        replying.reply(ticket, world.alice, text, to=[("dana@customer.example", "Dana")], at=now)
        db.session.commit()
        work_all(later(now, minutes=1))
        assert [row.state for row in rows("reply")] == ["sent"]
        ((_, _, content),) = sink.mails
    return content


def test_a_published_key_signs_what_leaves(app: Flask, world: World, now: datetime) -> None:
    key = dkim_signing.make(world.mailbox, world.ada.actor, now)
    published = {key.record_name: ["v=spf1 -all", key.record]}
    found = dkim_signing.check(world.mailbox, now, lambda name: published.get(name, []))
    assert (found.found_at, found.problem) == (now, None)

    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        records = published.get(name.decode().rstrip("."))
        return records[1].encode() if records else None

    content = sent(world, now)
    assert content.startswith(b"DKIM-Signature:")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert dkim.verify(content, dnsfunc=dns)
    assert not dkim.verify(content.replace(b"Subject: Re:", b"Subject: Fw:"), dnsfunc=dns)
    assert not dkim.verify(b"From: eve@evil.example\r\n" + content, dnsfunc=dns), "a second From"


def test_nothing_is_signed_before_the_record_is_there(app: Flask, world: World, now: datetime) -> None:
    key = dkim_signing.make(world.mailbox, world.ada.actor, now)
    assert "no record" in (dkim_signing.check(world.mailbox, now, lambda name: []).problem or "")
    other = dkim_signing.check(world.mailbox, now, lambda name: ["v=DKIM1; p=AAAA"])
    assert "another key" in (other.problem or "")
    assert b"DKIM-Signature" not in sent(world, now)
    with pytest.raises(Conflict):
        dkim_signing.make(world.mailbox, world.ada.actor, now)
    assert "BEGIN" not in key.private_key, "encrypted at rest"


def test_a_dns_that_does_not_answer_takes_nothing_back(app: Flask, world: World, now: datetime) -> None:
    key = dkim_signing.make(world.mailbox, world.ada.actor, now)
    dkim_signing.check(world.mailbox, now, lambda name: [key.record])

    def silent(name: str) -> list[str]:
        raise dkim_signing.Unanswered("The DNS could not be asked just now.")

    again = dkim_signing.check(world.mailbox, later(now, hours=1), silent)
    assert (again.found_at, again.problem) == (now, "The DNS could not be asked just now.")
    dkim_signing.remove(world.mailbox, world.ada.actor, now)
    with pytest.raises(NotFound):
        dkim_signing.check(world.mailbox, now, silent)


@pytest.mark.parametrize("private", ["not encrypted", None])
def test_a_key_that_cannot_be_used_stops_no_mail(app: Flask, world: World, now: datetime, private: str | None) -> None:
    key = dkim_signing.make(world.mailbox, world.ada.actor, now)
    dkim_signing.check(world.mailbox, now, lambda name: [key.record])
    key.private_key = private or secrets.encrypted("no key at all")
    db.session.commit()
    assert b"DKIM-Signature" not in sent(world, now)
    db.session.expire_all()
    assert "could not be signed" in (key.problem or "")
