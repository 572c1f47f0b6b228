"""Secrets for providers: shown once, replaced with an overlap, taken back; and how sending servers are."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.mails import mail
from tests.people import World
from ticketdesk.channels import hook_secrets, sending_server
from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.core import clock
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db

PAGE = "/admin/mail/posted"


def shown(page: str) -> str:
    found = re.search(r'value="(tdh_[^"]+)"', page)
    assert found is not None
    return found[1]


def opens(client: FlaskClient, secret: str) -> bool:
    answer = client.post("/hooks/email", data=mail(), headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code == 200


def test_a_secret_is_shown_once_and_kept_as_a_digest(ada: FlaskClient, world: World) -> None:
    answer = ada.post(PAGE, data={"name": "Mail provider", "mailbox_id": str(world.mailbox.id)})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    secret = shown(answer.text)
    assert "/hooks/email" in answer.text
    page = ada.get(PAGE).text
    assert secret not in page
    assert secret[: hook_secrets.SHOWN] in page
    assert "support@desk.example" in page
    row = db.session.scalars(select(HookSecret)).one()
    assert secret not in (row.digest, row.prefix, row.name)
    assert opens(ada, secret)


def test_the_old_one_is_good_beside_the_new_one_for_a_while(ada: FlaskClient, world: World) -> None:
    old = shown(ada.post(PAGE, data={"name": "Provider", "mailbox_id": ""}).text)
    row = db.session.scalars(select(HookSecret)).one()
    new = shown(ada.post(f"{PAGE}/{row.id}/rotation", data={"overlap": "24"}).text)
    assert (opens(ada, old), opens(ada, new)) == (True, True)
    now = clock.now()
    assert hook_secrets.find(old, now + timedelta(hours=23)) is not None
    assert hook_secrets.find(old, now + timedelta(hours=25)) is None
    assert hook_secrets.find(new, now + timedelta(hours=25)) is not None
    assert "ends soon" in ada.get(PAGE).text
    assert ada.post(f"{PAGE}/{row.id}/rotation", data={"overlap": "24"}).status_code in (409, 422)
    assert ada.post(f"{PAGE}/{row.id}/rotation", data={"overlap": "5"}).status_code == 422


def test_one_that_is_taken_back_opens_nothing(ada: FlaskClient, world: World) -> None:
    secret = shown(ada.post(PAGE, data={"name": "Provider", "mailbox_id": ""}).text)
    row = db.session.scalars(select(HookSecret)).one()
    for _ in range(2):
        assert ada.post(f"{PAGE}/{row.id}/revocation").status_code == 302
    assert not opens(ada, secret)
    assert "taken back" in ada.get(PAGE).text
    assert [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))][-2:] == [
        "hook_secret_made",
        "hook_secret_revoked",
    ]


def test_what_does_not_fit_is_said(ada: FlaskClient, world: World) -> None:
    for wrong in ({"name": ""}, {"name": "x" * 100}, {"name": "x", "mailbox_id": "99"}, {"name": "x", "more": "y"}):
        assert ada.post(PAGE, data={"mailbox_id": "", **wrong}).status_code == 422
    assert ada.post(f"{PAGE}/999/rotation", data={"overlap": "0"}).status_code == 404
    assert ada.post(f"{PAGE}/999/revocation").status_code == 404


def test_how_sending_goes_is_shown(ada: FlaskClient, world: World) -> None:
    now = clock.now()
    assert "servers to send" not in ada.get("/admin").text
    sending_server.worked(None, now)
    db.session.commit()
    assert "Sent" in ada.get("/admin/mailboxes").text
    sending_server.missed(None, "The mail server mx.example cannot be used: <b>gone</b>.", now)
    db.session.commit()
    assert "One server to send mail by cannot be used." in ada.get("/admin").text
    for page in ("/admin/mailboxes", f"/admin/mailboxes/{world.mailbox.id}"):
        assert "Not sent: The mail server mx.example cannot be used: &lt;b&gt;gone" in ada.get(page).text
