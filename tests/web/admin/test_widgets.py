"""Widgets on screens: made, set up, tried, taken out of use."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db


def widget_form(world: World, **change: object) -> dict[str, object]:
    form: dict[str, object] = {
        "name": "Shop",
        "queue_id": world.care_queue.id,
        "brand_id": world.brand.id,
        "origins": "https://shop.example\n\n https://www.Shop.example/ \nhttps://shop.example:443",
        "title": "Harbour & Pine",
        "greeting": "Good morning, what can we do for you?",
        "away_text": "",
        "ask_name": "optional",
        "ask_email": "required",
        "position": "left",
    }
    return {**form, **change}


def made(ada: FlaskClient, world: World, **change: object) -> Widget:
    answer = ada.post("/admin/widgets", data=widget_form(world, **change))
    assert answer.status_code == 302, answer.text
    return db.session.scalars(select(Widget).order_by(Widget.id.desc())).first()  # type: ignore[return-value]


def noted() -> list[tuple[str, object]]:
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "widget").order_by(AuditEntry.id))
    return [(entry.action, entry.data) for entry in entries]


def test_a_widget_is_made_with_the_line_for_its_site(ada: FlaskClient, world: World) -> None:
    widget = made(ada, world)
    assert widget.origins == ["https://shop.example", "https://www.shop.example"]
    assert (widget.queue_id, widget.brand_id) == (world.care_queue.id, world.brand.id)
    assert (widget.ask_name, widget.ask_email, widget.position) == ("optional", "required", "left")
    assert len(widget.key) >= 26
    page = ada.get(f"/admin/widgets/{widget.id}").text
    assert f"/widget.js&#34; data-key=&#34;{widget.key}&#34; async&gt;&lt;/script&gt;" in page
    assert "https://shop.example\nhttps://www.shop.example</textarea>" in page
    assert "Shop" in ada.get("/admin/widgets").text
    assert noted() == [("widget_created", {})]


def test_two_widgets_never_share_a_key(ada: FlaskClient, world: World) -> None:
    assert made(ada, world).key != made(ada, world, name="Other").key


def test_a_widget_is_changed_and_what_changed_is_noted_without_the_words(ada: FlaskClient, world: World) -> None:
    widget = made(ada, world)
    key = widget.key
    change = widget_form(world, greeting="Hello there", origins="https://shop.example")
    assert ada.post(f"/admin/widgets/{widget.id}", data=change).status_code == 302
    db.session.expire_all()
    assert (widget.greeting, widget.origins, widget.key) == ("Hello there", ["https://shop.example"], key)
    assert ada.post(f"/admin/widgets/{widget.id}", data=change).status_code == 302
    assert noted() == [("widget_created", {}), ("widget_changed", {"changed": ["greeting", "origins"]})]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "A name, please."),
        ({"name": "  "}, "Give it a name"),
        ({"queue_id": "999999"}, "Not a valid choice"),
        ({"brand_id": "999999"}, "Not a valid choice"),
        ({"ask_email": "perhaps"}, "Not a valid choice"),
        ({"position": "top"}, "Not a valid choice"),
        ({"title": "x" * 61}, "cannot be longer than 60"),
        ({"greeting": "x" * 401}, "cannot be longer than 400"),
        ({"key": "mine"}, "This form has no field key."),
        ({"origins": "shop.example"}, "write it as https://shop.example"),
        ({"origins": "https://*.example"}, "a star would let in others"),
        ({"origins": "https://shop.example/cart"}, "without what follows its name"),
        ({"origins": "https://me@shop.example"}, "without what follows its name"),
        ({"origins": "javascript:alert(1)"}, "write it as https://shop.example"),
        ({"origins": "https://shop.example;script-src"}, "write it as https://shop.example"),
        ({"origins": "https://shop.example:99999"}, "write it as https://shop.example"),
        ({"origins": "https://[::1"}, "write it as https://shop.example"),
        ({"origins": "\n".join(f"https://shop{n}.example" for n in range(51))}, "At most 50 sites"),
    ],
)
def test_a_widget_that_does_not_fit(ada: FlaskClient, world: World, change: dict[str, str], words: str) -> None:
    answer = ada.post("/admin/widgets", data=widget_form(world, **change))
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalar(select(Widget)) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://SHOP.example:443/", "https://shop.example"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_site_is_kept_as_browsers_name_it(ada: FlaskClient, world: World, given: str, kept: str) -> None:
    assert made(ada, world, origins=given).origins == [kept]


def test_out_of_use_and_in_use_again(ada: FlaskClient, world: World) -> None:
    widget = made(ada, world)
    frame = f"/widget/{widget.key}"
    assert ada.get(frame).status_code == 200
    assert ada.post(f"/admin/widgets/{widget.id}/disabling").status_code == 302
    assert ada.get(frame).status_code == 404
    assert "out of use" in ada.get("/admin/widgets").text
    assert ada.post(f"/admin/widgets/{widget.id}/enabling").status_code == 302
    assert ada.get(frame).status_code == 200
    assert [action for action, _data in noted()] == ["widget_created", "widget_disabled", "widget_enabled"]
    assert ada.get("/admin/widgets/999999").status_code == 404
    assert ada.get(f"/admin/widgets/{widget.id}/disabling").status_code == 405


def test_only_the_named_sites_may_show_the_frame(ada: FlaskClient, world: World) -> None:
    widget = made(ada, world, origins="https://shop.example\nhttps://other.example:8443")
    policy = ada.get(f"/widget/{widget.key}").headers["Content-Security-Policy"]
    ancestors = [part.split() for part in policy.split(";") if "frame-ancestors" in part]
    assert ancestors == [["frame-ancestors", "'self'", "https://shop.example", "https://other.example:8443"]]


def test_the_preview_shows_what_stands_in_the_form_and_stores_nothing(ada: FlaskClient, world: World) -> None:
    typed = {
        "title": "Chairs <b>",
        "greeting": "Hello {{ 7 * 7 }}",
        "position": "left",
        "theme": "dark",
        "brand_id": "x",
    }
    shop = ada.get("/admin/widgets/preview", query_string={**typed, "_external": "1", "_scheme": "evil"})
    assert shop.status_code == 200
    assert "td-shop--left" in shop.text and 'data-theme="dark"' in shop.text
    assert "evil" not in shop.text
    chat = ada.get("/admin/widgets/preview/chat", query_string=typed)
    assert "Chairs &lt;b&gt;" in chat.text and "Hello {{ 7 * 7 }}" in chat.text
    assert "<script" not in chat.text
    for answer in (shop, chat):
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert db.session.scalar(select(Widget)) is None
    away = ada.get(
        "/admin/widgets/preview/chat", query_string={"greeting": "Hi", "away_text": "Back soon", "closed": 1}
    )
    assert "Back soon" in away.text and "We are closed just now." in away.text
