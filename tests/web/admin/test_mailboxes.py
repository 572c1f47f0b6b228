"""Mailboxes on screen: how fast they send, what becomes of fetched mail, and the key that signs."""

import pytest
from flask.testing import FlaskClient

from tests.people import World
from ticketdesk.channels.email import dkim_signing
from ticketdesk.core.db import db


def test_administrators_make_a_key_and_read_its_record(
    ada: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/admin/mailboxes/{world.mailbox.id}"
    assert ada.post(f"{page}/dkim").status_code == 302
    key = dkim_signing.key_of(world.mailbox)
    assert key is not None
    shown = ada.get(page).text
    assert key.record_name in shown
    assert key.record.replace("+", "&#43;") in shown or key.record in shown
    assert key.private_key not in shown
    monkeypatch.setattr(dkim_signing, "records", lambda name: [key.record])
    assert ada.post(f"{page}/dkim/check").status_code == 302
    assert "Mail is signed" in ada.get(page).text
    assert ada.post(f"{page}/dkim/removal").status_code == 302
    assert dkim_signing.key_of(world.mailbox) is None


def test_what_becomes_of_fetched_mail_and_how_fast_mail_leaves(ada: FlaskClient, world: World) -> None:
    page = f"/admin/mailboxes/{world.mailbox.id}"
    given = {
        "name": "Care",
        "queue_id": world.care_queue.id,
        "imap_port": "993",
        "imap_security": "tls",
        "after_fetch": "move",
        "after_folder": "Desk",
        "smtp_per_minute": "30",
    }
    assert ada.post(page, data=given).status_code == 302
    mailbox = world.mailbox
    db.session.refresh(mailbox)
    assert (mailbox.after_fetch, mailbox.after_folder, mailbox.smtp_per_minute) == ("move", "Desk", 30)
    assert mailbox.idles is False, "its box was not ticked"
    assert ada.post(page, data={**given, "after_folder": ""}).status_code == 422
    assert ada.post(page, data={**given, "after_folder": "INBOX", "imap_folder": "INBOX"}).status_code == 422
    assert ada.post(page, data={**given, "after_fetch": "delete"}).status_code == 422
    assert ada.post(page, data={**given, "smtp_per_minute": "0"}).status_code == 422
    assert ada.post(page, data={**given, "smtp_per_minute": ""}).status_code == 302
    db.session.refresh(mailbox)
    assert mailbox.smtp_per_minute is None
