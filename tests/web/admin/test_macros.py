"""Settings of macros: written, refused beside the field, archived and restored."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import words
from ticketdesk.automation.macro import Macro
from ticketdesk.core.db import db

GOOD = {
    "name": "Armrest on its way",
    "team": "",
    "text": "Dear {{ customer.name }},\n\nit left today.",
    "category": "pending",
    "priority": "",
    "tags": "Armrest, parcel",
    "assigns": "y",
}


def stored() -> Macro:
    db.session.expire_all()
    return db.session.scalars(select(Macro)).one()


def test_a_macro_is_written_and_changed(ada: FlaskClient, world: World) -> None:
    assert "No macro yet" in ada.get("/admin/macros").text
    answer = ada.post("/admin/macros", data=GOOD)
    macro = stored()
    address = f"/admin/macros/{macro.id}"
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert (macro.tags, macro.category, macro.priority, macro.assigns) == (["armrest", "parcel"], "pending", None, True)
    page = ada.get(address).text
    assert 'value="armrest, parcel"' in page
    assert "checked" in page
    changed = {**GOOD, "name": "On its way", "team": str(world.care.id), "priority": "low"}
    del changed["assigns"]
    assert ada.post(address, data=changed).status_code == 302
    macro = stored()
    assert (macro.name, macro.team_id, macro.priority, macro.assigns) == ("On its way", world.care.id, "low", False)
    assert "On its way Care Priority: Low · Tags: armrest, parcel · Status: Pending 0" in words(
        ada.get("/admin/macros").text
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "A name, please."),
        ({"text": "{{ customer.password }}"}, "{{ customer.password }} stands for nothing"),
        ({"text": "x" * 20_001}, "This is too long"),
        ({"category": "closed"}, "Not a valid choice"),
        ({"team": "999999"}, "Not a valid choice"),
        ({"tags": "x" * 41}, "At most 10 tags"),
        ({"owner": "1"}, "no field owner"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(ada: FlaskClient, world: World, change: dict[str, str], said: str) -> None:
    page = ada.post("/admin/macros", data={**GOOD, **change})
    assert page.status_code == 422
    assert said in page.text
    assert db.session.scalars(select(Macro)).all() == []


def test_the_list_of_placeholders_is_on_the_page(ada: FlaskClient, world: World) -> None:
    page = ada.get("/admin/macros/new").text
    assert "{{ customer.first_name }}" in page
    assert "{{ brand.name }}" in page


def test_archiving_and_restoring(ada: FlaskClient, world: World) -> None:
    ada.post("/admin/macros", data=GOOD)
    address = f"/admin/macros/{stored().id}"
    assert ada.post(f"{address}/archiving").status_code == 302
    assert stored().archived_at is not None
    assert "archived" in ada.get("/admin/macros").text
    assert ada.post(f"{address}/restoring").status_code == 302
    assert stored().archived_at is None
