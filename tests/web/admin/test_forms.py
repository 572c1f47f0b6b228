"""Forms and brands on screens: built without a script, looked at before they are saved."""

import struct
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.portal.test_forms import build, filled, proven
from ticketdesk.brands import editing
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.form import fields
from ticketdesk.channels.form.form import Form
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db

ROW = {"key": "", "kind": "text", "label": "", "hint": "", "choices": ""}


def setup(world: World, *rows: dict[str, str], **change: Any) -> dict[str, Any]:
    given = {
        "title": "Ask us",
        "slug": "contact",
        "brand": world.brand.id,
        "queue": world.care_queue.id,
        "introduction": "",
        "confirmation": "",
        "asks_name": "optional",
        "subjects": "",
        "takes_files": "y",
        "origins": "",
    }
    own = {
        f"fields-{number}-{name}": value for number, row in enumerate(rows) for name, value in {**ROW, **row}.items()
    }
    return {**given, **own, **change}


def only() -> Form:
    db.session.expire_all()
    return db.session.scalars(select(Form)).one()


def test_a_form_is_made_and_changed(ada: FlaskClient, world: World) -> None:
    answer = ada.post(
        "/admin/forms",
        data=setup(
            world,
            {"label": "Order number", "required": "y"},
            {"label": "Product", "kind": "choice", "choices": "Bench\r\nChair\r\n\r\nBench"},
            {},
            origins="https://Shop.example/\nhttps://other.example:8443",
            subjects="Delivery\nRepair",
        ),
    )
    assert answer.status_code == 302
    made = only()
    assert (made.slug, made.queue_id, made.brand_id) == ("contact", world.care_queue.id, world.brand.id)
    assert made.origins == ["https://shop.example", "https://other.example:8443"]
    assert made.subjects == ["Delivery", "Repair"]
    first, second = fields.read(made.fields)
    assert (first.key, first.label, second.choices) == ("f1", "Order number", ("Bench", "Chair"))
    where = answer.location
    turned = setup(world, {"key": "f2", "label": "Piece", "kind": "text"}, {"label": "More"}, title="Write to us")
    assert ada.post(where, data=turned).status_code == 302
    assert [(field.key, field.label) for field in fields.read(only().fields)] == [("f2", "Piece"), ("f3", "More")]
    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[-2:] == ["form_created", "form_changed"]
    assert "Write to us" in ada.get("/admin/forms").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "A title, please."),
        ({"slug": "Contact Us!"}, "Use small letters, digits and single dashes"),
        ({"slug": "-"}, "Use small letters, digits and single dashes"),
        ({"queue": "999"}, "Not a valid choice"),
        ({"brand": "999"}, "Not a valid choice"),
        ({"asks_name": "maybe"}, "Not a valid choice"),
        ({"origins": "*"}, "a star would let in others"),
        ({"origins": "https://a.example/path"}, "without what follows its name"),
        ({"origins": "javascript:alert(1)"}, "write it as https://shop.example"),
        ({"origins": "https://a.example; script-src *"}, "https://"),
        ({"fields-0-label": "", "fields-0-hint": "On the label"}, "Every field needs a label."),
        ({"fields-0-kind": "choice", "fields-0-choices": "One"}, "Give at least two choices"),
        ({"fields-0-kind": "colour"}, "Not a valid choice"),
        ({"disabled_at": "2026-01-01"}, "This form has no field disabled_at."),
    ],
)
def test_a_form_that_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], words: str) -> None:
    answer = ada.post("/admin/forms", data=setup(world, {"label": "Order number"}, **change))
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalar(select(Form)) is None


def test_two_forms_have_two_addresses(ada: FlaskClient, world: World) -> None:
    assert ada.post("/admin/forms", data=setup(world)).status_code == 302
    answer = ada.post("/admin/forms", data=setup(world, title="Another"))
    assert (answer.status_code, "Another form has this address." in answer.text) == (422, True)


def test_fields_are_added_moved_and_removed_without_a_script(ada: FlaskClient, world: World) -> None:
    """Each button shows the changed page and saves nothing."""
    rows = ({"label": "One"}, {"label": "Two"}, {"label": "Three"})

    def labels(**button: str) -> list[str]:
        page = ada.post("/admin/forms", data=setup(world, *rows, **button))
        assert page.status_code == 200
        found = page.text.split('name="fields-')[1:]
        return [part.partition('value="')[2].partition('"')[0] for part in found if "-label" in part[:12]]

    assert labels(add="1") == ["One", "Two", "Three", ""]
    assert labels(down="fields-0") == ["Two", "One", "Three"]
    assert labels(up="fields-2") == ["One", "Three", "Two"]
    assert labels(up="fields-0") == ["One", "Two", "Three"]
    assert labels(remove="fields-1") == ["One", "Three"]
    assert labels(remove="fields-77") == ["One", "Two", "Three"]
    assert db.session.scalar(select(Form)) is None


def test_the_preview_is_the_real_form(ada: FlaskClient, world: World) -> None:
    given = setup(
        world,
        {"label": "Order <b>number</b>", "hint": "On the label"},
        {"label": "Product", "kind": "choice", "choices": "Bench\nChair"},
        title="<script>",
        introduction="We **answer**. <img src=x onerror=alert(1)>",
    )
    page = ada.post("/admin/forms/preview", data=given)
    assert page.status_code == 200
    assert "Order &lt;b&gt;number" in page.text
    assert '<option value="Bench">' in page.text
    assert "<strong>answer</strong>" in page.text
    assert "<script>" not in page.text and "<img" not in page.text
    assert 'name="shown-message"' in page.text
    for odd in ({}, {"asks_name": "x", "brand": "x", "queue": "-", "fields-0-kind": "x", "fields-0-label": "y"}):
        assert ada.post("/admin/forms/preview", data=odd).status_code == 200
    assert db.session.scalar(select(Form)) is None


def test_the_lines_for_another_site(ada: FlaskClient, world: World) -> None:
    where = ada.post("/admin/forms", data=setup(world, title='Ask "us"', origins="https://shop.example")).location
    page = ada.get(where).text
    assert "/forms/contact/embed" in page
    assert "Ask &amp;#34;us&amp;#34;" in page or "Ask &amp;quot;us&amp;quot;" in page
    assert "said.origin !==" in page


def test_a_form_is_taken_out_of_use_and_back(ada: FlaskClient, client: FlaskClient, world: World) -> None:
    where = ada.post("/admin/forms", data=setup(world)).location
    assert ada.post(f"{where}/disabling").status_code == 302
    assert client.get("/forms/contact").status_code == 404
    assert "out of use" in ada.get("/admin/forms").text
    assert ada.post(f"{where}/enabling").status_code == 302
    assert client.get("/forms/contact").status_code == 200


def test_it_says_how_many_messages_came_in(ada: FlaskClient, client: FlaskClient, world: World) -> None:
    made = build(world)
    assert "Nothing came in by it yet." in ada.get(f"/admin/forms/{made.id}").text
    for words in ("One", "One more", "One more"):
        client.post("/forms/contact", data=filled(made, proof=proven(made, filling="one"), message=words))
    assert "2 messages came in by it." in ada.get(f"/admin/forms/{made.id}").text


def test_a_queue_that_a_form_leads_to_is_not_archived(ada: FlaskClient, world: World) -> None:
    where = ada.post("/admin/forms", data=setup(world, queue=world.orders_queue.id)).location
    archiving = f"/admin/queues/{world.orders_queue.id}/archiving"
    answer = ada.post(archiving)
    assert (answer.status_code, "Ask us" in answer.text) == (409, True)
    ada.post(f"{where}/disabling")
    assert ada.post(archiving).status_code == 302
    answer = ada.post(f"{where}/enabling")
    assert (answer.status_code, "There is no such queue in use." in answer.text) == (422, True)


def brand_form(**change: str) -> dict[str, str]:
    given = {"name": "Elm Street", "slug": "elm", "locale": "en_GB", "timezone": "Europe/London", "colour": "#22483b"}
    return {**given, **change}


def test_a_brand_is_made_changed_and_made_default(ada: FlaskClient, world: World) -> None:
    answer = ada.post("/admin/brands", data=brand_form())
    assert answer.status_code == 302
    made = db.session.scalars(select(Brand).where(Brand.slug == "elm")).one()
    assert (made.locale, made.colour, made.is_default) == ("en_GB", "#22483b", False)
    made.host_name = "help.elm.example"
    db.session.commit()
    assert ada.post(answer.location, data=brand_form(name="Elm", colour="#6B2C64")).status_code == 302
    db.session.expire_all()
    assert (made.name, made.colour, made.host_name) == ("Elm", "#6b2c64", "help.elm.example")
    assert ada.post(f"{answer.location}/default").status_code == 302
    db.session.expire_all()
    assert (made.is_default, world.brand.is_default) == (True, False)
    assert "Elm" in ada.get("/admin/brands").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "A name, please."),
        ({"slug": "harrow"}, "Another brand has this address."),
        ({"slug": "El m"}, "Use small letters"),
        ({"locale": "xx_YY"}, "Not a valid choice"),
        ({"timezone": "Mars/Base"}, "Not a valid choice"),
        ({"colour": "green"}, "six hexadecimal digits"),
        ({"colour": "#22483"}, "six hexadecimal digits"),
        ({"colour": "#ff0000"}, "The nearest that works is #ee0000."),
        ({"colour": "#ffcc00"}, "too pale to be told from a white page"),
        ({"is_default": "1"}, "This form has no field is_default."),
    ],
)
def test_a_brand_that_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], words: str) -> None:
    answer = ada.post("/admin/brands", data=brand_form(**change))
    assert answer.status_code == 422
    assert words in answer.text
    assert len(db.session.scalars(select(Brand)).all()) == 1


def test_the_colour_proposed_is_one_press_away(ada: FlaskClient, world: World) -> None:
    page = ada.post(f"/admin/brands/{world.brand.id}", data=brand_form(colour="#ff0000"))
    assert 'name="instead" value="#ee0000"' in page.text
    page = ada.post(f"/admin/brands/{world.brand.id}", data=brand_form(colour="#ff0000", instead="#ee0000"))
    assert (page.status_code, 'value="#ee0000"' in page.text) == (200, True)
    db.session.expire_all()
    assert world.brand.name == "Harrow & Pine"


def test_a_mailbox_of_another_brand_speaks_under_its_name(ada: FlaskClient, world: World) -> None:
    mailbox = f"/admin/mailboxes/{world.mailbox.id}"
    assert 'name="brand_id"' not in ada.get(mailbox).text
    ada.post("/admin/brands", data=brand_form())
    elm = db.session.scalars(select(Brand).where(Brand.slug == "elm")).one()
    assert 'name="brand_id"' in ada.get(mailbox).text
    given = {"name": "Elm", "queue_id": world.care_queue.id, "imap_port": "993", "imap_security": "tls"}
    assert ada.post(mailbox, data={**given, "brand_id": elm.id}).status_code == 302
    db.session.expire_all()
    assert world.mailbox.brand_id == elm.id
    assert ada.post(mailbox, data={**given, "brand_id": "999"}).status_code == 422
    assert ada.post(mailbox, data={**given, "brand_id": ""}).status_code == 302
    db.session.expire_all()
    assert world.mailbox.brand_id == world.brand.id


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\x00\x00\x00"


JPEG = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xc0\x00\x0b\x08\x00\x30\x00\x60\x01\x00\x00\x00"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x5f\x00\x00\x2f\x00\x00"


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [(png(96, 48), "image/png", (96, 48)), (JPEG, "image/jpeg", (96, 48)), (WEBP, "image/webp", (96, 48))],
    ids=["png", "jpeg", "webp"],
)
def test_a_logo_is_kept_and_served_as_what_it_is(
    ada: FlaskClient, client: FlaskClient, world: World, content: bytes, kind: str, size: tuple[int, int]
) -> None:
    where = f"/admin/brands/{world.brand.id}/logo"
    assert ada.post(where, data={"logo": (BytesIO(content), "evil.svg")}).status_code == 302
    db.session.expire_all()
    assert (world.brand.logo_width, world.brand.logo_height) == size
    version = str(world.brand.logo_sha256)[:12]
    answer = client.get(f"/brands/harrow/logo/{version}")
    assert (answer.mimetype, answer.data) == (kind, content)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(f"/brands/harrow/logo/{version[:-1]}").status_code == 404
    assert ada.post(f"{where}/removal").status_code == 302
    assert client.get(f"/brands/harrow/logo/{version}").status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This is no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "This is no picture"),
        (b"\x89PNG\r\n\x1a\n", "This is no picture"),
        (png(0, 5), "This is no picture"),
        (png(40_000, 40_000), "too many pixels"),
        (b"\xff\xd8\xff" + b"\xff" * 3000, "This is no picture"),
        (png(5, 5) + b"x" * 20_000, "too large"),
    ],
    ids=["empty", "svg", "cut", "no-size", "bomb", "endless", "large"],
)
def test_what_is_no_logo(
    ada: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    monkeypatch.setattr(editing, "LARGEST_LOGO", 10_000)
    answer = ada.post(f"/admin/brands/{world.brand.id}/logo", data={"logo": (BytesIO(content), "logo.png")})
    assert answer.status_code == 422
    assert words in answer.text
    assert world.brand.logo_sha256 is None
