"""Forms that ask fields of tickets: what is filled in is said of the ticket that is opened."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.portal.test_forms import build, filled, many, newest
from ticketdesk.channels.form import ticket_fields
from ticketdesk.channels.form.form import Form
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import fields, filling
from ticketdesk.tickets.field import FieldValue, TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.ticket import Ticket

CANARY = '"><script>alert(1)</script>{{7*7}}'


@pytest.fixture
def form(world: World) -> Form:
    """The plainest form."""
    return build(world)


def ask(form: Form, key: str, kind: str, **other: Any) -> TicketField:
    """A field that the form asks; committed."""
    options = ("Oak", "Teak") if kind in ("choice", "choices") else ()
    given = {"label": key.title(), "key": key, "kind": kind, "options": options, "for_customers": True, **other}
    field = fields.define(Definition(**given), SYSTEM, clock.now())
    if field.for_customers:
        ticket_fields.ask(field, [form.id])
    db.session.commit()
    return field


def said() -> dict[str, tuple[str, ...]]:
    db.session.expire_all()
    return {field.key: values for field, values in filling.of_ticket(newest()) if values}


def test_every_kind_is_asked_and_kept_with_the_new_ticket(client: FlaskClient, form: Form) -> None:
    given = {}
    for key, kind, typed in (
        ("order", "text", "A-1024"),
        ("price", "number", "12,50"),
        ("wood", "choice", "teak"),
        ("parts", "choices", ["oak", "teak"]),
        ("bought", "date", "2026-03-14"),
        ("gift", "checkbox", "y"),
    ):
        given[f"field-{ask(form, key, kind).id}"] = typed
    page = client.get("/forms/contact").text
    assert page.index('name="message"') < page.index("Order") < page.index("Gift")
    assert client.post("/forms/contact", data=filled(form, **given)).status_code == 303
    assert said() == {
        "order": ("A-1024",),
        "price": ("12.5",),
        "wood": ("teak",),
        "parts": ("oak", "teak"),
        "bought": ("2026-03-14",),
        "gift": ("yes",),
    }
    assert "A-1024" not in (newest().last_words or "")


def test_what_was_typed_survives_a_refused_try(client: FlaskClient, form: Form) -> None:
    order = ask(form, "order", "text")
    wood = ask(form, "wood", "choice", required_in_forms=True)
    parts = ask(form, "parts", "choices", required_in_forms=True)
    refused = client.post("/forms/contact", data=filled(form, **{f"field-{order.id}": CANARY}))
    assert refused.status_code == 422
    assert "Choose one for “Wood”" in refused.text
    assert f'href="#field-{parts.id}"' in refused.text
    assert f'id="field-{parts.id}"' in refused.text
    assert "&lt;script&gt;alert(1)" in refused.text
    assert "<script>alert(1)" not in refused.text
    assert (many(Ticket), many(FieldValue)) == (0, 0)
    whole = {f"field-{order.id}": CANARY, f"field-{wood.id}": "oak", f"field-{parts.id}": ["teak"]}
    assert client.post("/forms/contact", data=filled(form, **whole)).status_code == 303
    assert said() == {"order": (CANARY,), "wood": ("oak",), "parts": ("teak",)}


def test_what_is_not_offered_is_refused(client: FlaskClient, form: Form) -> None:
    wood, price = ask(form, "wood", "choice"), ask(form, "price", "number")
    for wrong in ({f"field-{wood.id}": "elm"}, {f"field-{price.id}": "lots"}, {f"field-{price.id}": "9" * 31}):
        assert client.post("/forms/contact", data=filled(form, **wrong)).status_code == 422
    assert many(Ticket) == 0


def test_only_what_the_form_asks_can_be_sent(client: FlaskClient, form: Form) -> None:
    own = ask(form, "internal", "text", for_customers=False)
    gone = ask(form, "gone", "text")
    fields.archive(gone, SYSTEM, clock.now())
    db.session.commit()
    page = client.get("/forms/contact").text
    assert "Internal" not in page
    assert "Gone" not in page
    for field in (own, gone):
        assert client.post("/forms/contact", data=filled(form, **{f"field-{field.id}": "x"})).status_code == 422
    assert many(FieldValue) == 0


def test_customers_no_longer_fill_in_what_became_internal(client: FlaskClient, form: Form) -> None:
    field = ask(form, "order", "text")
    fields.change(field, Definition("Order", for_customers=False), SYSTEM, clock.now())
    db.session.commit()
    assert "Order" not in client.get("/forms/contact").text


def test_a_form_sent_twice_is_one_ticket(client: FlaskClient, form: Form) -> None:
    order = ask(form, "order", "text")
    letter = filled(form, **{f"field-{order.id}": "A-1"})
    assert client.post("/forms/contact", data=letter).status_code == 303
    assert client.post("/forms/contact", data=letter).status_code == 303
    assert many(Ticket) == 1
    assert client.post("/forms/contact", data={**letter, f"field-{order.id}": "A-2"}).status_code == 303
    assert many(Ticket) == 2
