"""Saved views over fields of one's own, on their screens."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tests import people
from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.desk.test_fields import make
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import filling
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.ticket import Ticket

GIVEN = {"name": "Wood", "icon": "chair", "shown_to": "own", "among": "all", "joining": "all", "sort": "newest"}


def condition(field_id: int, operator: str, **more: Any) -> dict[str, Any]:
    row = {"field": f"field-{field_id}", "operator": operator, "text": "", "amount": "", "unit": "hours", **more}
    return {f"conditions-0-{name}": value for name, value in row.items()}


def test_a_view_is_made_and_shows_what_the_fields_say(alice: FlaskClient, ticket: Ticket, world: World) -> None:
    wood, price = make("wood", "choice"), make("price", "number")
    filling.set_fields(ticket, {wood: ["oak"], price: ["12,50"]}, SYSTEM, clock.now())
    other = people.open_for(world, world.care_queue, "A stool without a leg")
    filling.set_fields(other, {wood: ["teak"]}, SYSTEM, clock.now())
    db.session.commit()
    form = alice.get("/desk/views/new").text
    assert "Price" in form
    columns = [f"field-{wood.id}", f"field-{price.id}"]
    sent = {**GIVEN, "columns": columns, **condition(wood.id, "is", chosen=["oak"])}
    assert alice.post("/desk/views", data=sent).status_code in (302, 303)
    view = db.session.scalars(select(SavedView)).one()
    page = alice.get(f"/desk/views/view-{view.id}")
    assert "Wood: Oak" in page.text
    assert "Price: 12.5" in page.text
    assert "A stool without a leg" not in page.text
    assert "oak" in alice.get(f"/desk/views/{view.id}/setup").text


def test_what_does_not_fit_is_said_beside_it_and_kept(alice: FlaskClient) -> None:
    price, bought = make("price", "number"), make("bought", "date")
    for field, operator, words in ((price, "least", "no number"), (bought, "before", "no date")):
        refused = alice.post("/desk/views", data={**GIVEN, **condition(field.id, operator, text="plenty")})
        assert refused.status_code == 422
        assert words in refused.text
        assert 'value="plenty"' in refused.text
    assert db.session.scalar(select(SavedView.id)) is None


def test_many_fields_cost_no_more_questions(alice: FlaskClient, ticket: Ticket) -> None:
    asked = []
    for _round in range(2):
        for number in range(8):
            key = f"field{_round}_{number}"
            filling.set_fields(ticket, {make(key, "text"): [key]}, SYSTEM, clock.now())
        db.session.commit()
        with counted() as ran:
            assert alice.get("/desk/views/new").status_code == 200
        asked.append(len(ran))
    assert asked[0] == asked[1] <= 15
