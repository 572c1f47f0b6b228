"""Attributes of contacts on screens."""

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.core.db import db

NEW = {"label": "Plan", "key": "plan", "kind": "choice", "choices": "Silver\n\n Gold \n"}


def only() -> ContactAttribute:
    db.session.expire_all()
    return db.session.scalars(select(ContactAttribute)).one()


def test_an_attribute_is_made_changed_and_archived(ada: FlaskClient, world: World) -> None:
    assert ada.post("/admin/contact-attributes", data=NEW).status_code == 303
    made = only()
    assert (made.key, made.kind, made.choices) == ("plan", "choice", ["Silver", "Gold"])
    page = f"/admin/contact-attributes/{made.id}"
    assert "Gold" in ada.get(page).text
    assert ada.post(page, data={"label": "Tariff", "choices": "Gold"}).status_code == 303
    assert (only().label, only().choices) == ("Tariff", ["Gold"])
    assert ada.post(f"{page}/archive").status_code == 303
    assert only().archived_at is not None
    assert "archived" in ada.get("/admin/contact-attributes").text
    assert ada.post(f"{page}/archive").status_code == 303
    assert only().archived_at is not None, "pressed twice, it stays"
    assert f'action="{page}/restoration"' in ada.get(page).text
    assert ada.post(f"{page}/restoration").status_code == 303
    assert ada.post(f"{page}/restoration").status_code == 303
    assert only().archived_at is None
    assert f'action="{page}/archive"' in ada.get(page).text


def test_what_does_not_fit_is_said_beside_its_field(ada: FlaskClient, world: World) -> None:
    ada.post("/admin/contact-attributes", data=NEW)
    for wrong, words in (
        ({"key": "plan"}, "Another attribute has this key"),
        ({"key": "Not a key"}, "small letters"),
        ({"key": "other", "choices": ""}, "at least one choice"),
        ({"key": "other", "label": ""}, "How shall it be called"),
    ):
        answer = ada.post("/admin/contact-attributes", data={**NEW, **wrong})
        assert answer.status_code == 422
        assert words in answer.text
    assert ada.post(f"/admin/contact-attributes/{only().id}", data={"label": "x", "key": "y"}).status_code == 422
    assert ada.get("/admin/contact-attributes/999999").status_code == 404
