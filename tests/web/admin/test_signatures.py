"""The words below replies, set up for a brand or a mailbox and shown where they will be added."""

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import words
from ticketdesk.core.db import db

FRAME = "**{{ agent.name }}** of {{ brand.name }}"


def places(world: World) -> list[str]:
    return [f"/admin/brands/{world.brand.id}", f"/admin/mailboxes/{world.mailbox.id}"]


def test_it_is_kept_and_shown_as_it_will_read(ada: FlaskClient, world: World) -> None:
    for place, of in zip(places(world), (world.brand, world.mailbox), strict=True):
        assert ada.post(f"{place}/signature", data={"signature": FRAME}).status_code == 302
        db.session.refresh(of)
        assert of.signature == FRAME
        page = ada.get(place).text
        assert "<strong>Ines Calder</strong> of Harrow &amp; Pine" in page
        assert "{{ agent.signature }}" in page, "it is in the list of what fills itself in"
        assert ada.post(f"{place}/signature", data={"signature": ""}).status_code == 302
        db.session.refresh(of)
        assert of.signature == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [("{{ customer.password }}", "{{ customer.password }} stands for nothing"), ("x" * 4_001, "at most 4,000 letters")],
)
def test_what_does_not_fit_is_said_and_kept(ada: FlaskClient, world: World, text: str, said: str) -> None:
    for place, of in zip(places(world), (world.brand, world.mailbox), strict=True):
        answer = ada.post(f"{place}/signature", data={"signature": text})
        assert answer.status_code == 422
        assert said in words(answer.text) and text in answer.text
        db.session.refresh(of)
        assert of.signature == ""


def test_other_settings_leave_it_alone(ada: FlaskClient, world: World) -> None:
    place = places(world)[0]
    ada.post(f"{place}/signature", data={"signature": FRAME})
    form = {"name": "Elm", "slug": "elm", "locale": "en", "timezone": "UTC", "colour": "#6b2c64"}
    assert ada.post(place, data=form).status_code == 302
    db.session.refresh(world.brand)
    assert (world.brand.name, world.brand.signature) == ("Elm", FRAME)


def test_the_ladder(ada: FlaskClient, world: World) -> None:
    assert ada.post("/admin/brands/999999/signature", data={"signature": ""}).status_code == 404
    assert ada.post("/admin/mailboxes/999999/signature", data={"signature": ""}).status_code == 404
    assert ada.get(f"{places(world)[0]}/signature").status_code == 405
