"""Fields of tickets on their screens."""

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.channels.form import editing
from ticketdesk.channels.form import ticket_fields as asking
from ticketdesk.channels.form.editing import Setup
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, queues
from ticketdesk.tickets.field import TicketField

NEW = {
    "label": "Wood",
    "key": "wood",
    "kind": "choice",
    "refers_to": "ticket",
    "options": "Oak\n\n Teak \n",
    "is_everywhere": "y",
}


def only() -> TicketField:
    db.session.expire_all()
    return db.session.scalars(select(TicketField)).one()


def test_a_field_is_made_changed_and_archived(ada: FlaskClient, world: World) -> None:
    assert "No fields yet" in ada.get("/admin/ticket-fields").text
    assert "New field" in ada.get("/admin/ticket-fields/new").text
    assert ada.post("/admin/ticket-fields", data=NEW).status_code == 303
    made = only()
    assert (made.key, made.kind, dict(made.offered)) == ("wood", "choice", {"oak": "Oak", "teak": "Teak"})
    assert made.refers_to is None
    page = f"/admin/ticket-fields/{made.id}"
    assert "oak = Oak" in ada.get(page).text
    changed = {"label": "Timber", "options": "oak = English oak", "queues": [world.care_queue.id]}
    assert ada.post(page, data=changed).status_code == 303
    assert (only().label, dict(only().offered)) == ("Timber", {"oak": "English oak"})
    assert fields.queues_of(only()) == [world.care_queue.id]
    assert "Care" in ada.get("/admin/ticket-fields").text
    assert ada.post(f"{page}/archive").status_code == 303
    assert only().archived_at is not None
    assert "archived" in ada.get("/admin/ticket-fields").text
    assert ada.post(f"{page}/archive").status_code == 303
    assert only().archived_at is not None, "pressed twice, it stays"
    assert f'action="{page}/restoration"' in ada.get(page).text
    assert ada.post(f"{page}/restoration").status_code == 303
    assert ada.post(f"{page}/restoration").status_code == 303
    assert only().archived_at is None
    assert f'action="{page}/archive"' in ada.get(page).text


def test_forms_are_chosen_for_it(ada: FlaskClient, world: World) -> None:
    setup = Setup("Contact us", "contact-us", world.brand.id, world.care_queue.id)
    form = editing.create(setup, SYSTEM, clock.now())
    db.session.commit()
    assert ada.post("/admin/ticket-fields", data={**NEW, "forms": [form.id]}).status_code == 422
    asked = {**NEW, "forms": [form.id], "for_customers": "y", "required_in_forms": "y"}
    assert ada.post("/admin/ticket-fields", data=asked).status_code == 303
    assert asking.forms_of(only()) == [form.id]
    assert [field.key for field in asking.asked_by(form.id)] == ["wood"]
    page = f"/admin/ticket-fields/{only().id}"
    assert ada.post(page, data={"label": "Wood", "options": "Oak", "is_everywhere": "y"}).status_code == 303
    assert asking.forms_of(only()) == []


def test_what_is_out_of_use_stays_chosen(ada: FlaskClient, world: World) -> None:
    setup = Setup("Contact us", "contact-us", world.brand.id, world.care_queue.id)
    form = editing.create(setup, SYSTEM, clock.now())
    asked = {"label": "Wood", "options": "Oak", "for_customers": "y", "queues": [world.orders_queue.id]}
    db.session.commit()
    first = {**NEW, **asked, "forms": [form.id]}
    del first["is_everywhere"]
    assert ada.post("/admin/ticket-fields", data=first).status_code == 303
    page = f"/admin/ticket-fields/{only().id}"
    assert "(archived)" not in ada.get(page).text
    editing.disable(form, SYSTEM, clock.now())
    queues.archive(world.orders_queue, SYSTEM, clock.now())
    db.session.commit()
    shown = ada.get(page).text
    assert "Contact us (disabled)" in shown
    assert "Orders (archived)" in shown
    assert ada.post(page, data={**asked, "label": "Timber", "forms": [form.id]}).status_code == 303
    assert (asking.forms_of(only()), fields.queues_of(only())) == ([form.id], [world.orders_queue.id])
    assert ada.post(page, data={**asked, "queues": [world.care_queue.id]}).status_code == 303
    assert (asking.forms_of(only()), fields.queues_of(only())) == ([], [world.care_queue.id])
    assert ada.post(page, data={**asked, "forms": [form.id]}).status_code == 422, "what is gone is not chosen anew"


def test_fields_are_moved(ada: FlaskClient, world: World) -> None:
    for key in ("one", "two"):
        ada.post("/admin/ticket-fields", data={**NEW, "key": key, "label": key, "kind": "text"})
    second = fields.shown()[1]
    assert ada.post(f"/admin/ticket-fields/{second.id}/place", data={"direction": "up"}).status_code == 303
    db.session.expire_all()
    assert [field.key for field in fields.shown()] == ["two", "one"]
    assert ada.post(f"/admin/ticket-fields/{second.id}/place", data={"direction": "sideways"}).status_code == 422


def test_what_does_not_fit_is_said_beside_its_field(ada: FlaskClient, world: World) -> None:
    ada.post("/admin/ticket-fields", data=NEW)
    for wrong, words in (
        ({"key": "wood"}, "Another field has this key"),
        ({"key": "Not a key"}, "small letters"),
        ({"key": "other", "options": ""}, "at least one choice"),
        ({"key": "other", "label": ""}, "How shall it be called"),
        ({"key": "other", "kind": "reference", "for_customers": "y"}, "cannot fill in a reference"),
        ({"key": "other", "position": "7"}, "no field position"),
    ):
        answer = ada.post("/admin/ticket-fields", data={**NEW, **wrong})
        assert answer.status_code == 422
        assert words in answer.text
        assert "Teak" in answer.text or not wrong.get("options", "x")
    page = f"/admin/ticket-fields/{only().id}"
    assert ada.post(page, data={"label": "x", "key": "y", "is_everywhere": "y"}).status_code == 422
    nowhere = ada.post(page, data={"label": "x", "options": "Oak"})
    assert (nowhere.status_code, "at least one queue" in nowhere.text) == (422, True)
    assert ada.get("/admin/ticket-fields/999999").status_code == 404
    for noun in ("archive", "restoration"):
        assert ada.get(f"{page}/{noun}").status_code == 405
        assert ada.post(f"/admin/ticket-fields/999999/{noun}").status_code == 404
