"""Forms for customers: what is filled in becomes a ticket, what does not fit is kept, what machines send is known."""

import email
from datetime import UTC, datetime, timedelta
from email import policy
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.channels.mails import rows, work_all
from tests.people import World, sign_in
from ticketdesk.brands import editing as brands
from ticketdesk.channels.form import editing, proof, receiving, uploads
from ticketdesk.channels.form.fields import Field
from ticketdesk.channels.form.form import Form, FormUpload
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.ticket import Ticket

SITE = "https://shop.example"
OWN = (
    Field("", "text", "Order number", "On the label", required=True),
    Field("", "choice", "Product", choices=("Bench", "Chair")),
    Field("", "checkbox", "It is urgent"),
    Field("", "number", "How many"),
    Field("", "date", "Bought on"),
    Field("", "long_text", "Where it stands"),
)
PNG = b"\x89PNG\r\n\x1a\n and so on"


def build(world: World, **change: Any) -> Form:
    """A form called contact; committed."""
    setup: dict[str, Any] = {
        "title": "Ask us",
        "slug": "contact",
        "brand_id": world.brand.id,
        "queue_id": world.care_queue.id,
        "introduction": "We answer **every** letter.",
        "origins": (SITE,),
    }
    made = editing.create(editing.Setup(**{**setup, **change}), SYSTEM, clock.now())
    db.session.commit()
    return made


@pytest.fixture
def form(world: World) -> Form:
    """The plainest form."""
    return build(world)


def proven(form: Form, *, age: float = 60, filling: str | None = None) -> str:
    """What the page of a form carries, this many seconds after it was shown."""
    begun = proof.begun(form.id, clock.now() - timedelta(seconds=age))
    return proof.written(begun if filling is None else proof.Proof(form.id, filling, begun.shown_at))


def filled(form: Form, **change: Any) -> dict[str, Any]:
    """A letter of dana's."""
    given = {
        "proof": proven(form),
        "website": "",
        "name": "Dana",
        "address": "dana@customer.example",
        "subject": "The armrest came off",
        "message": "It came off when I sat down.\n\nDana",
    }
    return {**given, **change}


def newest() -> Ticket:
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def many(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def first_message() -> Message:
    return db.session.scalars(select(Message).where(Message.facts["form_id"].is_not(None))).one()


def acknowledged(address: str = "dana@customer.example") -> int:
    """Work through what is to be done soon, then count the automatic mails to an address."""
    work_all(clock.now() + timedelta(seconds=1))
    statement = select(func.count()).select_from(Message).join(Recipient, Recipient.message_id == Message.id)
    return db.session.scalar(statement.where(Message.automatic, Recipient.address == address)) or 0


def test_a_form_is_shown(client: FlaskClient, form: Form) -> None:
    page = client.get("/forms/contact")
    assert page.status_code == 200
    assert "<strong>every</strong>" in page.text
    assert 'name="message"' in page.text
    assert 'data-suggest="/help"' in page.text
    assert "data-suggest" not in client.get("/forms/contact/embed").text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in page.headers
    assert many(Ticket) == 0


def test_what_is_filled_in_becomes_a_ticket(client: FlaskClient, app: Flask, world: World, form: Form) -> None:
    answer = client.post("/forms/contact", data=filled(form))
    assert answer.status_code == 303
    ticket = newest()
    assert (ticket.subject, ticket.channel, ticket.queue_id) == (
        "The armrest came off",
        "form",
        world.care_queue.id,
    )
    assert (ticket.brand_id, ticket.mailbox_id) == (world.brand.id, world.mailbox.id)
    message = first_message()
    assert (message.channel, message.text) == ("form", "It came off when I sat down.\n\nDana")
    sender = db.session.get_one(Identity, message.identity_id)
    assert (sender.value, sender.verification) == ("dana@customer.example", "none")
    alice = sign_in(app.test_client(), world.alice)
    assert "It came off when I sat down." in alice.get(f"/desk/tickets/{ticket.number}").text


def test_the_confirmation_tells_number_promise_and_link(client: FlaskClient, world: World, form: Form) -> None:
    defaults.create(SYSTEM, clock.now(), timezone="UTC")
    db.session.commit()
    sent = client.post("/forms/contact", data=filled(form)).location
    page = client.get(sent)
    assert page.status_code == 200
    assert str(newest().number) in page.text
    assert "Expect an answer" in page.text
    assert "dana@customer.example" in page.text
    link = page.text.partition("/t/")[2].partition('"')[0]
    assert link
    followed = client.get(f"/t/{link}")
    assert followed.status_code == 200
    assert "The armrest came off" in followed.text


def test_the_acknowledgement_brings_the_link_and_no_word_of_the_sender(
    client: FlaskClient, app: Flask, world: World, form: Form
) -> None:
    given = filled(form, name="Buy Now", subject="Buy now", message="Buy now at https://evil.example")
    client.post("/forms/contact", data=given)
    assert acknowledged() == 1
    (row,) = rows("acknowledgement")
    path = app.extensions["ticketdesk.config"].outbox / f"{row.id}.eml"
    sent = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    for kind in ("plain", "html"):
        words = sent.get_body((kind,)).get_content()
        assert "buy now" not in words.lower()
        assert "evil" not in words
        link = words.partition("/t/")[2].split()[0].partition('"')[0]
        assert "Buy now at" in client.get(f"/t/{link}").text
    assert "buy now" not in sent.as_string().lower()


def test_a_confirmation_is_nobody_elses(client: FlaskClient, form: Form) -> None:
    for path in ("/forms/contact", "/forms/contact/embed"):
        headers = client.get(client.post(path, data=filled(form)).location).headers
        assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_a_confirmation_is_for_a_day_and_of_one_form(
    client: FlaskClient, world: World, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = client.post("/forms/contact", data=filled(form)).location
    build(world, slug="other")
    token = sent.rpartition("/")[2]
    assert client.get(f"/forms/other/sent/{token}").status_code == 404
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), "0-x", "x" * 500, f"9{token}"):
        assert client.get(f"/forms/contact/sent/{wrong}").status_code == 404
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get(sent).status_code == 404


def test_own_fields_stand_above_the_words(client: FlaskClient, world: World) -> None:
    form = build(world, fields=OWN)
    own = {
        "own-f1": "HP-20914",
        "own-f2": "Bench",
        "own-f3": "y",
        "own-f4": "1,5",
        "own-f5": "2026-02-28",
        "own-f6": "On the lawn\r\nbehind the house",
    }
    assert client.post("/forms/contact", data=filled(form, **own)).status_code == 303
    message = first_message()
    assert message.text.startswith(
        "Order number: HP-20914\nProduct: Bench\nIt is urgent: Yes\nHow many: 1,5\nBought on: 2026-02-28\n"
        "Where it stands:\nOn the lawn\nbehind the house\n\nIt came off"
    )
    assert message.facts["answers"][0] == ["Order number", "HP-20914"]
    assert newest().last_words == message.snippet == "It came off when I sat down. Dana"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": ""}, "Give an email address"),
        ({"address": "nobody"}, "This is not an email address."),
        ({"address": "a@b.example, c@d.example"}, "This is not an email address."),
        ({"address": "dana@customer.example\r\nBcc: eve@customer.example"}, "This is not an email address."),
        ({"address": "support@desk.example"}, "This is our own address."),
        ({"address": "support+tabc@desk.example"}, "This is our own address."),
        ({"subject": " "}, "Say in a few words what it is about."),
        ({"subject": "x" * 501}, "At most 500 letters"),
        ({"message": ""}, "Write something"),
        ({"message": "x" * 50_001}, "At most 50000 letters"),
        ({"message": "a\x00b"}, "There is a character in it that cannot be kept."),
        ({"message": "a\x1bb"}, "There is a character in it that cannot be kept."),
        ({"subject": "a\x07b"}, "There is a character in it that cannot be kept."),
        ({"name": "a\x7fb"}, "There is a character in it that cannot be kept."),
        ({"name": "x" * 121}, "At most 120 letters"),
        ({"own-f1": ""}, "Fill in “Order number”."),
        ({"own-f2": "Sofa"}, "Not a valid choice"),
        ({"own-f4": "a dozen"}, "Write a number"),
        ({"own-f4": "²"}, "Write a number"),
        ({"own-f5": "yesterday"}, "Write a date"),
        ({"own-f5": "2026-02-30"}, "Write a date"),
        ({"own-f9": "x"}, "This form has no field own-f9."),
        ({"queue_id": "2"}, "This form has no field queue_id."),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    client: FlaskClient, world: World, change: dict[str, str], words: str
) -> None:
    form = build(world, fields=OWN)
    answer = client.post("/forms/contact", data={**filled(form), "own-f1": "HP-20914", **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Everything you typed is kept." in answer.text
    assert ("own-f1" in change) or "HP-20914" in answer.text
    assert ("message" in change) or "It came off when I sat down." in answer.text
    assert (many(Ticket), many(Identity)) == (0, 2)


def test_a_choice_of_subjects(client: FlaskClient, world: World) -> None:
    form = build(world, subjects=("Delivery", "Repair"), asks_name="no", takes_files=False)
    assert "<option" in client.get("/forms/contact").text
    given = filled(form, subject="Something else")
    del given["name"]
    assert client.post("/forms/contact", data=given).status_code == 422
    assert client.post("/forms/contact", data={**given, "subject": "Repair"}).status_code == 303
    assert newest().subject == "Repair"


def test_a_name_may_be_needed(client: FlaskClient, world: World) -> None:
    form = build(world, asks_name="required")
    assert client.post("/forms/contact", data=filled(form, name=" ")).status_code == 422


def sent_with_files(client: FlaskClient, form: Form, files: list[tuple[bytes, str]], **change: Any) -> TestResponse:
    data = {**filled(form, **change), "files": [(BytesIO(content), name) for content, name in files]}
    return client.post("/forms/contact", data=data, content_type="multipart/form-data")


def test_files_come_along(client: FlaskClient, app: Flask, world: World, form: Form) -> None:
    files = [(PNG, "photo.png"), (b"<script>alert(1)</script>", "../../evil.html")]
    assert sent_with_files(client, form, files).status_code == 303
    rows = db.session.scalars(select(Attachment).order_by(Attachment.position)).all()
    assert [(row.filename, row.size) for row in rows] == [("photo.png", len(PNG)), ("evil.html", 25)]
    alice = sign_in(app.test_client(), world.alice)
    page = alice.get(f"/desk/attachments/{rows[1].reference}?view=1")
    assert page.mimetype == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")


def test_files_of_a_refused_form_need_not_be_chosen_again(client: FlaskClient, form: Form) -> None:
    """R29: kept on the server under the form's own proof, and only the ones still wanted go along."""
    page = sent_with_files(client, form, [(PNG, "photo.png"), (b"x", "other.txt")], message="")
    assert page.status_code == 422
    assert "photo.png" in page.text
    rows = db.session.scalars(select(FormUpload).order_by(FormUpload.id)).all()
    assert [row.filename for row in rows] == ["photo.png", "other.txt"]
    again = page.text.partition('name="proof" value="')[2].partition('"')[0]
    answer = sent_with_files(client, form, [(b"y", "third.txt")], proof=again, kept=rows[0].reference)
    assert answer.status_code == 303
    twice = sent_with_files(client, form, [(b"y", "third.txt")], proof=again, kept=rows[0].reference)
    assert (twice.location, many(Ticket)) == (answer.location, 1)
    assert {row.filename for row in db.session.scalars(select(Attachment))} == {"photo.png", "third.txt"}
    assert many(FormUpload) == 0


def test_nobody_reaches_the_kept_files_of_another(client: FlaskClient, form: Form) -> None:
    sent_with_files(client, form, [(PNG, "photo.png")], message="")
    reference = db.session.scalars(select(FormUpload.reference)).one()
    assert sent_with_files(client, form, [], kept=reference, address="eve@customer.example").status_code == 303
    assert many(Attachment) == 0


def test_too_many_files_are_refused_and_not_kept(client: FlaskClient, form: Form) -> None:
    answer = sent_with_files(client, form, [(b"x", f"{number}.txt") for number in range(21)])
    assert answer.status_code == 422
    assert "At most 20 files" in answer.text
    assert (many(FormUpload), many(Ticket)) == (0, 0)


def test_one_filling_keeps_no_more_than_so_many_files(client: FlaskClient, form: Form) -> None:
    same = proven(form)
    for _round in range(5):
        sent_with_files(client, form, [(b"x", f"{number}.txt") for number in range(20)], message="", proof=same)
    assert many(FormUpload) == uploads.MOST_A_FILLING


def test_kept_files_are_forgotten_after_a_day(client: FlaskClient, form: Form) -> None:
    sent_with_files(client, form, [(PNG, "photo.png")], message="")
    uploads.sweep(clock.now() + timedelta(hours=23))
    assert many(FormUpload) == 1
    uploads.sweep(clock.now() + timedelta(hours=25))
    assert many(FormUpload) == 0


def test_a_form_without_files_takes_none(client: FlaskClient, world: World) -> None:
    form = build(world, takes_files=False)
    assert 'type="file"' not in client.get("/forms/contact").text
    sent_with_files(client, form, [(PNG, "photo.png")])
    assert many(Attachment) == 0


def test_what_only_a_machine_fills_in_is_spam(client: FlaskClient, form: Form) -> None:
    """Answered like any other, kept where people can look, and nothing is mailed."""
    people, machine = (client.post("/forms/contact", data=filled(form, website=site)) for site in ("", "http://x"))
    assert (people.status_code, machine.status_code) == (303, 303)
    ticket = newest()
    assert ticket.spam_at is not None
    page = client.get(machine.location)
    assert page.status_code == 200
    assert str(ticket.number) in page.text
    assert "is on its way there" in page.text
    assert acknowledged() == 1


@pytest.mark.parametrize(
    ("age", "words"),
    [(0.5, "quicker than anybody types"), (25 * 3600, "open for more than a day")],
)
def test_a_form_too_quick_or_too_old_is_sent_once_more(
    client: FlaskClient, form: Form, age: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.post("/forms/contact", data=filled(form, proof=proven(form, age=age)))
    assert page.status_code == 422
    assert words in page.text
    assert "It came off when I sat down." in page.text
    assert many(Ticket) == 0
    again = page.text.partition('name="proof" value="')[2].partition('"')[0]
    later = clock.now() + timedelta(seconds=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.post("/forms/contact", data=filled(form, proof=again)).status_code == 303


@pytest.mark.parametrize("given", [None, "", "made-up", "x" * 500, "WzEsMiwzXQ.AAAA"])
def test_a_form_without_our_proof_is_sent_once_more(client: FlaskClient, form: Form, given: str | None) -> None:
    data = filled(form, proof=given)
    page = client.post("/forms/contact", data={name: value for name, value in data.items() if value is not None})
    assert page.status_code == 422
    assert "could not be recognised" in page.text
    again = page.text.partition('name="proof" value="')[2].partition('"')[0]
    assert client.post("/forms/contact", data=filled(form, proof=again)).status_code == 303


def test_the_proof_of_one_form_is_none_for_another(client: FlaskClient, world: World, form: Form) -> None:
    other = build(world, slug="other")
    assert client.post("/forms/contact", data=filled(form, proof=proven(other))).status_code == 422


def test_a_form_sent_twice_makes_one_ticket(client: FlaskClient, form: Form) -> None:
    data = filled(form)
    one, two = (client.post("/forms/contact", data=data) for _ in range(2))
    assert one.location == two.location
    assert many(Ticket) == 1


def test_who_goes_back_and_writes_something_else_is_heard(client: FlaskClient, form: Form) -> None:
    data = filled(form)
    one = client.post("/forms/contact", data=data)
    two = client.post("/forms/contact", data={**data, "message": "And the other one as well."})
    assert one.location != two.location
    assert many(Ticket) == 2


def test_another_site_cannot_send_it(client: FlaskClient, form: Form) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        for path in ("/forms/contact", "/forms/contact/embed"):
            assert client.post(path, data=filled(form), headers=headers).status_code == 403
    assert many(Ticket) == 0


def test_the_frame_stands_on_the_named_sites_only(client: FlaskClient, world: World, form: Form) -> None:
    page = client.get("/forms/contact/embed")
    assert f"frame-ancestors {SITE};" in page.headers["Content-Security-Policy"] + ";"
    assert "Set-Cookie" not in page.headers
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/forms/contact/embed", data=filled(form), headers=own)
    assert answer.status_code == 303
    assert "/embed/sent/" in answer.location
    sent = client.get(answer.location)
    assert f"frame-ancestors {SITE}" in sent.headers["Content-Security-Policy"]
    assert 'target="_top"' in sent.text
    refused = client.post("/forms/contact/embed", data=filled(form, message=""), headers=own)
    assert (refused.status_code, f"frame-ancestors {SITE}" in refused.headers["Content-Security-Policy"]) == (422, True)
    build(world, slug="closed", origins=())
    assert "frame-ancestors 'none'" in client.get("/forms/closed/embed").headers["Content-Security-Policy"]


def test_an_address_is_not_flooded(client: FlaskClient, world: World, form: Form) -> None:
    """ML-07: however often a stranger types it, one mail in three hours goes there, without a word of theirs."""
    for number in range(6):
        given = filled(form, address="victim@elsewhere.example", subject=f"Buy now {number}", name="BUY NOW")
        assert client.post("/forms/contact", data=given, environ_base=source(number)).status_code == 303
    assert many(Ticket) == 6
    assert acknowledged("victim@elsewhere.example") == 1
    told = db.session.scalars(select(Message).where(Message.automatic)).one()
    assert "buy now" not in told.text.lower()


def source(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"192.0.2.{number + 1}"}


def test_one_address_comes_only_so_often(client: FlaskClient, form: Form) -> None:
    for number in range(receiving.MOST_OF_AN_ADDRESS):
        assert client.post("/forms/contact", data=filled(form), environ_base=source(number // 5)).status_code == 303
    answer = client.post("/forms/contact", data=filled(form), environ_base=source(9))
    assert answer.status_code == 429
    assert "It came off when I sat down." in answer.text
    assert many(Ticket) == receiving.MOST_OF_AN_ADDRESS


def test_all_strangers_together_are_acknowledged_only_so_often(
    client: FlaskClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "SHARES", 1)
    monkeypatch.setattr(receiving, "MOST_ACKNOWLEDGED", 2)
    for number in range(4):
        given = filled(form, address=f"someone-{number}@elsewhere.example")
        assert client.post("/forms/contact", data=given).status_code == 303
    assert sum(acknowledged(f"someone-{number}@elsewhere.example") for number in range(4)) == 2


def test_one_source_comes_only_so_often(client: FlaskClient, form: Form) -> None:
    answers = [client.post("/forms/contact", data={}).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


def test_a_form_out_of_use_is_nowhere(client: FlaskClient, form: Form) -> None:
    editing.disable(form, SYSTEM, clock.now())
    db.session.commit()
    for path in ("/forms/contact", "/forms/contact/embed", "/forms/unknown"):
        assert client.get(path).status_code == 404
    assert client.post("/forms/contact", data=filled(form)).status_code == 404


def test_other_brands_have_their_own_forms(client: FlaskClient, world: World) -> None:
    other = brands.create(brands.Setup("Elm Street", "elm", "en_GB", "Europe/London", "#1d9bf0"), SYSTEM, clock.now())
    form = build(world, slug="elm", brand_id=other.id)
    page = client.get("/forms/elm")
    assert "Elm Street" in page.text
    assert 'lang="en-GB"' in page.text
    assert client.post("/forms/elm", data=filled(form)).status_code == 303
    assert newest().brand_id == other.id


NAUGHTY = (
    "<script>alert(1)</script>",
    "{{ 7*7 }} ${7*7} #{7*7}",
    "' OR 1=1 --",
    "%s %n %(name)s",
    "\u202egnp.exe",
    "Ω≈ç√∫ 田中さん 👩‍👩‍👧 ﷽",
    "Z̡̛̝̲̬a͈̱l̟g̨o",
    "e\u0301",
    "\ufeffstart",
    "-1/0 NaN 1e999 0x0",
    "https://example.com/?a=1&b=2#x",
    "javascript:alert(1)",
    "\ud83d".encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"),
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "a" * 190,
)


@pytest.mark.parametrize("words", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_words_in_every_field(client: FlaskClient, app: Flask, world: World, words: str) -> None:
    """IN-11: no field breaks; what was stored is shown, and as words only."""
    form = build(world, fields=(Field("", "text", "Order number"), Field("", "long_text", "Place")))
    data = filled(form, name=words[:100], subject=words, message=words, **{"own-f1": words, "own-f2": words})
    for field in ("name", "subject", "message", "own-f1", "own-f2", "address", "website", "kept", "proof"):
        assert client.post(
            "/forms/contact", data=filled(form, **{"own-f1": "", field: words}), environ_base=source(len(field))
        ).status_code in (303, 422)
    answer = client.post("/forms/contact", data=data, environ_base=source(50))
    assert answer.status_code == 303
    ticket = newest()
    alice = sign_in(app.test_client(), world.alice)
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "<script>alert(1)" not in page
    assert ">49<" not in page and "49 49" not in page


def test_a_moment_of_its_own() -> None:
    shown = proof.Proof(1, "x", datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
    assert shown.too_quick(shown.shown_at + timedelta(seconds=1.9))
    assert not shown.too_quick(shown.shown_at + timedelta(seconds=2))
    assert not shown.too_old(shown.shown_at + timedelta(hours=23, minutes=59))
    assert shown.too_old(shown.shown_at + timedelta(days=1))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_posts_make_nobody_a_relay(client: FlaskClient, world: World, app: Flask, form: Form) -> None:
    """ML-07: a hundred victims, posts from many sources: at most one mail each, without a word of the sender."""
    victims = [f"victim-{number}@elsewhere.example" for number in range(100)]
    for number in range(1000):
        given = filled(
            form,
            address=victims[number % 100],
            name="BUY NOW",
            subject=f"Buy now {number} https://evil.example",
            message=f"BUY NOW at https://evil.example/{number}",
        )
        where = {"REMOTE_ADDR": f"198.51.{number // 250}.{number % 250}"}
        assert client.post("/forms/contact", data=given, environ_base=where).status_code == 303
    work_all(clock.now())
    sent = [path.read_bytes() for path in app.extensions["ticketdesk.config"].outbox.glob("*.eml")]
    letters = [email.message_from_bytes(raw, policy=policy.default) for raw in sent]
    got = [letter for letter in letters if str(letter["To"]).find("elsewhere.example") >= 0]
    assert got
    for victim in victims:
        assert sum(victim in str(letter["To"]) for letter in got) <= 1
    for letter in got:
        parts = [part.get_content() for part in letter.walk() if not part.is_multipart()]
        words = "".join([str(letter), *parts]).lower()
        assert "buy now" not in words
        assert "evil.example" not in words
