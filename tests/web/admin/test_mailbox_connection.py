"""Connecting a mailbox: there and back, once, in the session that began it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.channels import consenting
from tests.channels.consenting import ACCOUNT, CLIENT_ID, CLIENT_SECRET, CODE, House
from tests.people import World, sign_in
from ticketdesk.channels.email import oauth_providers
from ticketdesk.channels.email.oauth_rows import OAuthAttempt, OAuthClient, OAuthGrant
from ticketdesk.core import clock, secrets
from ticketdesk.core.db import db

PROVIDERS = "/admin/mailboxes/providers"
BACK = "/admin/mailboxes/oauth"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with consenting.running() as house:
        monkeypatch.setitem(oauth_providers.PROVIDERS, "google", house.provider())
        yield house


@pytest.fixture
def known(ada: FlaskClient, house: House) -> FlaskClient:
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert ada.post(f"{PROVIDERS}/google", data=given).status_code == 302
    return ada


def goes(ada: FlaskClient, world: World, house: House) -> str:
    """Follow the way to the provider and consent; the state to come back with."""
    page = ada.post(f"/admin/mailboxes/{world.mailbox.id}/connection/google")
    assert page.status_code == 200
    found = re.search(r'href="(https://accounts\.google\.example/[^"]+)"', page.text)
    assert found is not None
    return house.consents(unescape(found[1]))


def grant(world: World) -> OAuthGrant | None:
    return db.session.get(OAuthGrant, world.mailbox.id, populate_existing=True)


def test_there_and_back(known: FlaskClient, world: World, house: House) -> None:
    assert grant(world) is None
    state = goes(known, world, house)
    for _ in range(2):  # looking changes nothing
        shown = known.get(f"{BACK}?state={state}&code={CODE}")
        assert (shown.status_code, house.asked, grant(world)) == (200, [], None)
        assert world.mailbox.address in shown.text
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 302
    found = grant(world)
    assert found is not None
    assert found.account == ACCOUNT
    assert secrets.decrypted(found.refresh_token) == "stay-1"
    assert house.asked[0]["redirect_uri"].endswith(BACK)
    page = known.get(f"/admin/mailboxes/{world.mailbox.id}").text
    assert "Connected with Google" in page
    assert ACCOUNT in page
    for secret in ("stay-1", "access-1", found.refresh_token, found.access_token, CLIENT_SECRET):
        assert secret not in page
        assert secret not in known.get(PROVIDERS).text
    assert known.post(f"/admin/mailboxes/{world.mailbox.id}/connection/removal").status_code == 302
    db.session.refresh(world.mailbox)
    assert (grant(world), world.mailbox.oauth_provider) == (None, None)


def test_a_code_counts_once(known: FlaskClient, world: World, house: House) -> None:
    state = goes(known, world, house)
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 302
    again = known.post(BACK, data={"state": state, "code": CODE})
    assert (again.status_code, len(house.asked)) == (409, 1)
    # A fresh attempt with the old code gets as far as the provider, which refuses.
    refused = known.post(BACK, data={"state": goes(known, world, house), "code": CODE})
    assert refused.status_code == 409
    assert "Begin again" in refused.text
    assert grant(world) is not None, "what worked still does"


def test_an_attempt_that_failed_is_used_up(known: FlaskClient, world: World, house: House) -> None:
    state = goes(known, world, house)
    house.says = (503, b"")
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 409
    house.says = None
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 409
    assert grant(world) is None


def test_nobody_comes_back_from_what_somebody_else_began(
    app: Flask, known: FlaskClient, world: World, house: House
) -> None:
    state = goes(known, world, house)
    for other in (sign_in(app.test_client(), world.ada), sign_in(app.test_client(), world.ada)):
        assert other.get(f"{BACK}?state={state}&code={CODE}").status_code == 409
        assert other.post(BACK, data={"state": state, "code": CODE}).status_code == 409
    for wrong in ("", "guessed", state + "x", state[:-1]):
        assert known.get(BACK, query_string={"state": wrong, "code": CODE}).status_code == 409
        assert known.post(BACK, data={"state": wrong, "code": CODE}).status_code == 409
    assert (house.asked, grant(world)) == ([], None)
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 302


def test_an_attempt_ends_after_minutes(known: FlaskClient, world: World, house: House) -> None:
    state = goes(known, world, house)
    db.session.execute(update(OAuthAttempt).values(created_at=clock.now() - timedelta(minutes=11)))
    db.session.commit()
    assert known.post(BACK, data={"state": state, "code": CODE}).status_code == 409
    goes(known, world, house)
    assert len(db.session.scalars(select(OAuthAttempt)).all()) == 1, "the old one is gone"
    assert house.asked == []


def test_who_says_no_there_changes_nothing(known: FlaskClient, world: World, house: House) -> None:
    state = goes(known, world, house)
    shown = known.get(f"{BACK}?state={state}&error=access_denied&error_description=<script>")
    assert shown.status_code == 409
    assert "gave no access" in shown.text
    assert "<script>" not in shown.text.replace("<script ", "")


def test_a_provider_is_set_up_with_a_secret_nobody_sees_again(known: FlaskClient, house: House) -> None:
    client = db.session.get_one(OAuthClient, "google")
    assert secrets.decrypted(client.client_secret) == CLIENT_SECRET
    assert known.post(f"{PROVIDERS}/google", data={"client_id": "other"}).status_code == 302
    db.session.refresh(client)
    assert (client.client_id, secrets.decrypted(client.client_secret)) == ("other", CLIENT_SECRET)
    assert known.post(f"{PROVIDERS}/google", data={"client_id": ""}).status_code == 422
    assert known.post(f"{PROVIDERS}/microsoft", data={"client_id": "x", "tenant": ""}).status_code == 422
    given = {"client_id": "x", "client_secret": "y"}
    assert known.post(f"{PROVIDERS}/microsoft", data={**given, "tenant": "../evil"}).status_code == 422
    assert known.post(f"{PROVIDERS}/microsoft", data={**given, "tenant": "shop.example"}).status_code == 302
    assert known.post(f"{PROVIDERS}/yahoo", data=given).status_code == 404
    assert known.post(f"{PROVIDERS}/microsoft/removal").status_code == 302
    assert db.session.get(OAuthClient, "microsoft") is None


def test_a_provider_in_use_is_not_forgotten(known: FlaskClient, world: World, house: House) -> None:
    known.post(BACK, data={"state": goes(known, world, house), "code": CODE})
    assert known.post(f"{PROVIDERS}/google/removal").status_code == 409


def test_a_changed_form_keeps_the_connection(known: FlaskClient, world: World, house: House) -> None:
    known.post(BACK, data={"state": goes(known, world, house), "code": CODE})
    page = known.get(f"/admin/mailboxes/{world.mailbox.id}").text
    fields = dict(re.findall(r'<input type="hidden" name="(imap_\w+)" value="([^"]*)"', page))
    assert set(fields) == {"imap_host", "imap_port", "imap_security"}
    given = {"name": "Care", "queue_id": world.care_queue.id, "after_fetch": "mark", "imap_user": "x@y.example"}
    assert known.post(f"/admin/mailboxes/{world.mailbox.id}", data={**given, **fields}).status_code == 302
    db.session.refresh(world.mailbox)
    assert (world.mailbox.oauth_provider, world.mailbox.imap_user) == ("google", "x@y.example")
    assert grant(world) is not None
