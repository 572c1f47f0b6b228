"""Where settings begin, from an empty desk to the first mailbox."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, sign_in
from ticketdesk.accounts import people
from ticketdesk.brands.brand import default_brand
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db


def test_an_empty_desk_is_set_up_step_by_step(app: Flask) -> None:
    agent = people.create("ada@desk.example", "Ada", "administrator", SYSTEM, clock.now())
    db.session.commit()
    ada = sign_in(app.test_client(), agent)
    assert ada.get("/admin").text.count("missing") == 5
    for page in ("hours", "sla", "teams", "queues", "mailboxes", "agents", "mail/quarantined", "mail/inert"):
        assert ada.get(f"/admin/{page}").status_code == 200
    assert "Make a team first" in ada.get("/admin/queues/new").text
    assert "Make a queue first" in ada.get("/admin/mailboxes/new").text
    assert "Set business hours" in ada.get("/admin/sla/new").text
    assert ada.post("/admin/teams", data={"name": "Care"}).status_code == 302
    queue = {"name": "Care", "team": 0, "icon": "queue", "strategy": "manual", "closes_after_days": "14"}
    queue["team"] = int(db.session.execute(db.text("SELECT id FROM teams")).scalar_one())
    answer = ada.post("/admin/queues", data=queue)
    assert answer.status_code == 422
    assert "Say first what your company is called." in answer.text
    assert ada.post("/admin/company", data={"name": " Harrow  & Pine "}).status_code == 302
    brand = default_brand()
    assert brand is not None
    assert (brand.name, brand.slug) == ("Harrow & Pine", "harrow-pine")
    assert ada.post("/admin/queues", data=queue).status_code == 302
    mailbox = {"address": "support@desk.example", "name": "Harrow", "imap_port": "993", "imap_security": "tls"}
    mailbox["queue_id"] = str(db.session.execute(db.text("SELECT id FROM queues")).scalar_one())
    assert ada.post("/admin/mailboxes", data=mailbox).status_code == 302
    made = db.session.scalars(select(Mailbox)).one()
    assert made.is_default
    assert not made.acknowledges  # its box was not ticked


def test_the_company_is_renamed(ada: FlaskClient, world: World) -> None:
    assert ada.post("/admin/company", data={"name": "Elm & Co"}).status_code == 302
    db.session.expire_all()
    assert (world.brand.name, world.brand.slug) == ("Elm & Co", "harrow")
    answer = ada.post("/admin/company", data={"name": ""})
    assert answer.status_code == 422
    assert "A name, please." in answer.text


def test_the_bare_address_names_the_company(client: FlaskClient, world: World) -> None:
    page = client.get("/").text
    assert "Harrow &amp; Pine" in page
    assert 'href="/sign-in"' in page
