"""Queues and mailboxes on screens: where work waits, and where its mail comes from."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for, sign_in
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import secrets
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue, QueueGrant

MAILBOX = {"name": "Shop", "imap_port": "993", "imap_security": "tls", "imap_folder": "INBOX"}


def queue_form(world: World, **change: object) -> dict[str, object]:
    form: dict[str, object] = {
        "name": "Repairs",
        "team": world.care.id,
        "icon": "chair",
        "strategy": "round_robin",
        "closes_after_days": "7",
    }
    return {**form, **change}


def mailbox_form(world: World, **change: object) -> dict[str, object]:
    return {**MAILBOX, "queue_id": world.care_queue.id, "acknowledges": "y", **change}


def test_a_queue_is_made_and_changed(ada: FlaskClient, world: World) -> None:
    answer = ada.post("/admin/queues", data=queue_form(world))
    assert answer.status_code == 302
    made = db.session.scalars(select(Queue).where(Queue.name == "Repairs")).one()
    assert (made.team_id, made.strategy, made.closes_after_days, made.position) == (world.care.id, "round_robin", 7, 2)
    assert made.brand_id == world.brand.id
    kept = {name: value for name, value in queue_form(world, team=world.orders.id).items() if name != "strategy"}
    answer = ada.post(f"/admin/queues/{made.id}", data=kept)
    assert answer.status_code == 302
    db.session.expire_all()
    assert (made.team_id, made.strategy) == (world.orders.id, "round_robin")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "A name, please."),
        ({"name": "Care"}, "Another queue has this name."),
        ({"team": "999999"}, "Not a valid choice"),
        ({"icon": "nothing"}, "Not a valid choice"),
        ({"strategy": "by-looks"}, "Not a valid choice"),
        ({"closes_after_days": "0"}, "Between 1 and 365 days."),
        ({"closes_after_days": "soon"}, "Not a valid integer value"),
        ({"brand_id": "2"}, "This form has no field brand_id."),
    ],
)
def test_a_queue_that_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], words: str) -> None:
    answer = ada.post("/admin/queues", data=queue_form(world, **change))
    assert answer.status_code == 422
    assert words in answer.text


def test_sharing_shows_a_queue_to_another_team(app: Flask, ada: FlaskClient, world: World) -> None:
    ticket = open_for(world, world.care_queue)
    db.session.commit()
    carol = sign_in(app.test_client(), world.carol)
    page = f"/desk/tickets/{ticket.number}"
    assert carol.get(page).status_code == 404
    grants = f"/admin/queues/{world.care_queue.id}/grants"
    assert ada.post(grants, data={f"team-{world.orders.id}": "read"}).status_code == 302
    assert carol.get(page).status_code == 200
    assert ada.post(grants, data={f"team-{world.orders.id}": ""}).status_code == 302
    assert carol.get(page).status_code == 404


@pytest.mark.parametrize(
    "field", ["team-x", "team-", "team", "role", "team-1-2", "team-²", "team-99999999999999999999"]
)
def test_sharing_takes_teams_and_levels_only(ada: FlaskClient, world: World, field: str) -> None:
    grants = f"/admin/queues/{world.care_queue.id}/grants"
    assert ada.post(grants, data={field: "read"}).status_code == 400
    assert ada.post(grants, data={f"team-{world.orders.id}": "everything"}).status_code == 400
    assert ada.post(grants, data={"team-999999": "read"}).status_code == 422
    assert db.session.scalar(select(QueueGrant)) is None


def test_queues_move_in_their_order(ada: FlaskClient, world: World) -> None:
    def order() -> list[str]:
        db.session.expire_all()
        return list(db.session.scalars(select(Queue.name).order_by(Queue.position)))

    place = f"/admin/queues/{world.orders_queue.id}/place"
    ada.post(place, data={"direction": "up"})
    assert order() == ["Orders", "Care"]
    ada.post(place, data={"direction": "up"})
    assert order() == ["Orders", "Care"]
    ada.post(place, data={"direction": "down"})
    assert order() == ["Care", "Orders"]
    assert ada.post(place, data={"direction": "away"}).status_code == 400


def test_a_queue_that_mail_comes_to_is_not_archived(ada: FlaskClient, world: World) -> None:
    answer = ada.post(f"/admin/queues/{world.care_queue.id}/archiving")
    assert answer.status_code == 409
    assert "support@desk.example" in answer.text
    orders = f"/admin/queues/{world.orders_queue.id}"
    assert ada.post(f"{orders}/archiving").status_code == 302
    assert "archived" in ada.get("/admin/queues").text
    assert ada.post(f"{orders}/place", data={"direction": "up"}).status_code == 409
    assert ada.post(f"{orders}/restoring").status_code == 302


def test_a_mailbox_keeps_its_secrets(ada: FlaskClient, world: World) -> None:
    """R31: written, encrypted at rest, never shown, in no record."""
    given = mailbox_form(
        world,
        address=" Shop@DESK.example ",
        imap_host="imap.example.com",
        imap_user="shop",
        imap_password="swordfish-one",
        smtp_url="smtp+starttls://shop:swordfish-two@mail.example.com:587",
    )
    answer = ada.post("/admin/mailboxes", data=given)
    assert answer.status_code == 302
    made = db.session.scalars(select(Mailbox).where(Mailbox.address == "shop@desk.example")).one()
    page = ada.get(answer.location).text
    assert "swordfish" not in page
    assert "kept, not shown" in page
    row = db.session.execute(db.text("SELECT mailboxes::text FROM mailboxes")).scalars().all()
    records = db.session.scalars(select(AuditEntry)).all()
    assert "swordfish" not in "".join(row) + "".join(str(entry.data) for entry in records)
    assert secrets.decrypted(str(made.imap_password)) == "swordfish-one"
    assert secrets.decrypted(str(made.smtp_url)).startswith("smtp+starttls://shop:swordfish-two@")


def test_an_empty_password_keeps_the_old_one_and_a_tick_forgets_it(ada: FlaskClient, world: World) -> None:
    where = f"/admin/mailboxes/{world.mailbox.id}"
    fetching = mailbox_form(world, imap_host="imap.example.com", imap_user="shop")
    ada.post(where, data={**fetching, "imap_password": "swordfish"})
    ada.post(where, data={**fetching, "name": "Other"})
    db.session.expire_all()
    assert secrets.decrypted(str(world.mailbox.imap_password)) == "swordfish"
    assert world.mailbox.name == "Other"
    ada.post(where, data={**fetching, "forget_imap_password": "y"})
    db.session.expire_all()
    assert world.mailbox.imap_password is None


def test_another_folder_is_read_from_its_beginning(ada: FlaskClient, world: World) -> None:
    world.mailbox.imap_host, world.mailbox.imap_user = "imap.example.com", "shop"
    world.mailbox.imap_uidvalidity, world.mailbox.imap_last_uid = 7, 70
    db.session.commit()
    where = f"/admin/mailboxes/{world.mailbox.id}"
    same = mailbox_form(world, imap_host="imap.example.com", imap_user="shop")
    ada.post(where, data=same)
    db.session.expire_all()
    assert world.mailbox.imap_last_uid == 70
    ada.post(where, data={**same, "imap_folder": "Support"})
    db.session.expire_all()
    assert (world.mailbox.imap_uidvalidity, world.mailbox.imap_last_uid) == (None, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": ""}, "An address, please."),
        ({"address": "support@desk.example"}, "There is a mailbox with this address already."),
        ({"address": "SUPPORT@desk.example"}, "There is a mailbox with this address already."),
        ({"address": "support+tabc@desk.example"}, "The part after a plus sign is ours to use"),
        ({"address": "nobody"}, "This is not an email address."),
        ({"queue_id": "999"}, "Not a valid choice"),
        ({"imap_port": "0"}, "Between 1 and 65535."),
        ({"imap_security": "maybe"}, "Not a valid choice"),
        ({"imap_host": "imap.example.com"}, "Fetching mail needs a user name."),
        ({"smtp_url": "http://mail.example.com"}, "Write it as smtp+starttls://"),
        ({"smtp_url": "smtp://[x"}, "Write it as smtp+starttls://"),
        ({"is_default": "1"}, "This form has no field is_default."),
    ],
)
def test_a_mailbox_that_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], words: str) -> None:
    answer = ada.post("/admin/mailboxes", data=mailbox_form(world, **{"address": "new@desk.example", **change}))
    assert answer.status_code == 422
    assert words in answer.text


def test_one_mailbox_takes_the_rest(ada: FlaskClient, world: World) -> None:
    first = f"/admin/mailboxes/{world.mailbox.id}"
    assert ada.post(f"{first}/disabling").status_code == 409
    second = ada.post("/admin/mailboxes", data=mailbox_form(world, address="shop@desk.example")).location
    assert ada.post(f"{second}/default").status_code == 302
    assert ada.post(f"{first}/disabling").status_code == 302
    assert ada.post(f"{first}/default").status_code == 409
    assert "out of use" in ada.get("/admin/mailboxes").text
    assert ada.post(f"{first}/enabling").status_code == 302


def test_a_mailbox_that_cannot_be_fetched_says_so(ada: FlaskClient, world: World) -> None:
    world.mailbox.imap_host, world.mailbox.fetch_error = "imap.example.com", "the password was refused"
    world.mailbox.fetch_misses = 3
    db.session.commit()
    assert "Not fetched 3 times in a row: the password was refused" in ada.get("/admin/mailboxes").text
    assert "One mailbox cannot be fetched." in ada.get("/admin").text
