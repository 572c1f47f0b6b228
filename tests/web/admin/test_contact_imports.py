"""Imports of contacts on screens: a file, its columns, what would happen, and what came of it."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from tests.contacts.importing.files import contact, worked, written
from tests.people import World, sign_in
from tests.security.naughty import WORDS
from ticketdesk.contacts import attributes
from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.contacts.contact import Contact
from ticketdesk.contacts.importing import columns, reading
from ticketdesk.contacts.importing.contact_import import ContactImport
from ticketdesk.core import clock
from ticketdesk.core.cells import LIVE
from ticketdesk.core.db import db

PEOPLE = [["Ann Elm", "ann@elm.example", "Elm"], ["=1+1", "nobody", "Oak"], ["Dana", "dana@customer.example", ""]]
PLACE = "/admin/contact-imports"


def bring(ada: FlaskClient, content: bytes = b"", name: str = "people.csv") -> TestResponse:
    return ada.post(PLACE, data={"file": (BytesIO(content or written(PEOPLE)), name)})


def only() -> ContactImport:
    db.session.expire_all()
    return db.session.scalars(select(ContactImport).order_by(ContactImport.id.desc()).limit(1)).one()


def said(one: ContactImport, **other: str) -> dict[str, str]:
    """The form as it is shown."""
    cells = {f"column-{place}": target for place, target in enumerate(one.targets)}
    return {**cells, "existing": "fill", "known_by": "", "revision": str(one.revision), **other}


def run_through(ada: FlaskClient, **other: str) -> str:
    """Map and carry out the newest; the last page."""
    one = only()
    page = f"{PLACE}/{one.id}"
    assert ada.post(f"{page}/mapping", data=said(one, **other)).status_code == 303
    worked(only(), clock.now())
    assert ada.post(f"{page}/run", data={"revision": only().revision}).status_code == 303
    worked(only(), clock.now())
    return ada.get(page).text


def test_from_a_file_to_contacts(ada: FlaskClient, world: World) -> None:
    answer = bring(ada)
    assert answer.status_code == 303
    one = only()
    page = f"{PLACE}/{one.id}"
    assert answer.location.endswith(f"{page}/mapping")
    shown = ada.get(f"{page}/mapping").text
    assert "3 lines" in shown and "UTF-8" in shown and "ann@elm.example" in shown
    assert ada.post(f"{page}/mapping", data=said(one)).status_code == 303
    assert "Waiting for its turn" in ada.get(page).text
    assert 'data-state="going"' in ada.get(f"{page}/progress").text
    worked(one, clock.now())
    assert 'data-state="over"' in ada.get(f"{page}/progress").text
    shown = ada.get(page).text
    assert "Would be new" in shown and "“nobody” is no mail address." in shown
    assert db.session.scalar(select(Contact.id).where(Contact.name == "Ann Elm")) is None
    assert ada.post(f"{page}/run", data={"revision": only().revision}).status_code == 303
    worked(only(), clock.now())
    shown = ada.get(page).text
    assert "New contacts" in shown and "Import now" not in shown
    assert contact("ann@elm.example").name == "Ann Elm"
    assert "people.csv" in ada.get(PLACE).text
    assert ada.post(f"{page}/deletion").status_code == 303
    assert db.session.scalars(select(ContactImport.id)).all() == []
    assert contact("ann@elm.example").name == "Ann Elm"


def test_refused_lines_come_back_as_a_file_that_can_be_brought_again(ada: FlaskClient, world: World) -> None:
    """R10, IN-07: nothing in it can come alive, and what was kept from that is the same words when it comes in."""
    rows = [[f"{sign}1+1", f"no address {number}", "Elm"] for number, sign in enumerate(LIVE[:4])]
    bring(ada, written(rows))
    run_through(ada)
    answer = ada.get(f"{PLACE}/{only().id}/refused")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    told = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert told[0] == ["Name", "Email", "Company", "Line", "Refused because"]
    assert [row[0] for row in told[1:]] == [f"'{sign}1+1" for sign in LIVE[:4]]
    assert not [cell for row in told for cell in row if cell.startswith(LIVE)]
    mended = answer.data.replace(b"no address ", b"a@elm.example;b")
    for number in range(4):
        mended = mended.replace(f"a@elm.example;b{number}".encode(), f"a{number}@elm.example".encode())
    bring(ada, mended)
    assert only().targets == ["name", "email", "organization", "", ""]
    run_through(ada)
    assert [contact(f"a{number}@elm.example").name for number in range(4)] == [f"{sign}1+1" for sign in LIVE[:4]]


def test_a_column_becomes_an_attribute(ada: FlaskClient, world: World) -> None:
    bring(ada, written([["Ann", "ann@elm.example", "+49 30 1"]], ["Name", "Email", "Phone"]))
    assert only().targets == ["name", "email", columns.NEW]
    run_through(ada)
    phone = db.session.scalars(select(ContactAttribute)).one()
    assert (phone.key, phone.label, phone.kind) == ("phone", "Phone", "text")
    assert attributes.values_of([contact("ann@elm.example").id]) == {phone.id: "+49 30 1"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file"),
        ({"file": (BytesIO(b""), "a.csv")}, "nothing in this file"),
        ({"file": (BytesIO(b'a,b\n1,"2\n'), "a.csv")}, "begins at 2 has a quotation mark"),
        ({"file": (BytesIO(b"a,b\n\x00,2\n"), "a.csv")}, "Line 2 has a character"),
        ({"file": (BytesIO(b"x" * 301_000), "a.csv")}, "The file is larger than"),
    ],
    ids=range(5),
)
def test_what_is_no_file_of_contacts_is_said(
    ada: FlaskClient, world: World, data: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 300_000)
    answer = ada.post(PLACE, data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalars(select(ContactImport.id)).all() == []


def test_a_mapping_that_does_not_fit_keeps_what_was_chosen(ada: FlaskClient, world: World) -> None:
    bring(ada)
    one = only()
    place = f"{PLACE}/{one.id}/mapping"
    for wrong, words in (
        ({"column-1": "name"}, "Choose a column with mail addresses"),
        ({"column-0": "organization", "column-2": "organization"}, "Another column says this already"),
        ({"column-0": "is_shared"}, "Not a valid choice"),
        ({"known_by": "99"}, "Not a valid choice"),
        ({"existing": "burn"}, "Not a valid choice"),
        ({"revision": "7"}, "changed in between"),
        ({"verification": "signed"}, "has no field verification"),
        ({"asked_by": "1"}, "has no field asked_by"),
        ({"column-3": "name"}, "has no field column-3"),
    ):
        chosen = {"column-2": "note", **wrong}
        answer = ada.post(place, data=said(one, **chosen))
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
        assert f'<option selected value="{chosen["column-2"]}">' in answer.text, wrong
    assert only().state == "mapping"


def test_a_page_of_before_starts_nothing(ada: FlaskClient, world: World) -> None:
    bring(ada)
    one = only()
    page = f"{PLACE}/{one.id}"
    assert ada.post(f"{page}/run", data={"revision": "1"}).status_code == 409
    ada.post(f"{page}/mapping", data=said(one))
    assert ada.post(f"{page}/deletion").status_code == 409
    worked(only(), clock.now())
    assert ada.post(f"{page}/run", data={"revision": "1"}).status_code == 409
    assert ada.post(f"{page}/run", data={"revision": "x"}).status_code == 422
    assert ada.post(f"{page}/run", data={"revision": "2", "state": "done"}).status_code == 422
    assert only().state == "checked"


def test_it_is_stopped(ada: FlaskClient, world: World) -> None:
    bring(ada)
    page = f"{PLACE}/{only().id}"
    ada.post(f"{page}/mapping", data=said(only()))
    assert ada.post(f"{page}/stopping").location.endswith("/mapping")
    assert worked(only(), clock.now()).state == "mapping"
    ada.post(f"{page}/mapping", data=said(only()))
    worked(only(), clock.now())
    ada.post(f"{page}/run", data={"revision": only().revision})
    assert ada.post(f"{page}/stopping").status_code == 303
    shown = ada.get(page).text
    assert "stopped after 0 of 3 lines" in shown and "Go on" in shown
    assert "its columns stay as they are" in ada.get(f"{page}/mapping").text


def test_who_may_not_gets_nowhere(app: Any, ada: FlaskClient, world: World) -> None:
    bring(ada)
    page = f"{PLACE}/{only().id}"
    alice = sign_in(app.test_client(), world.alice)
    assert [alice.get(place).status_code for place in (PLACE, page, f"{page}/refused")] == [403] * 3
    assert alice.post(f"{page}/run", data={"revision": "1"}).status_code == 403
    assert "contact-imports" not in alice.get("/desk/contacts").text
    assert "contact-imports" in ada.get("/desk/contacts").text
    assert ada.get(f"{PLACE}/999999").status_code == 404
    assert ada.get(f"{page}/run").status_code == 405


@pytest.mark.slow
def test_naughty_words_are_kept_as_they_are(ada: FlaskClient, world: World) -> None:
    """IN-11: whatever stands in a file, each line is taken or refused, and what is kept is what was said."""
    words = [word for word in WORDS if "\x00" not in word]
    rows = [[word[:120], f"n{number}@elm.example", word[:100], word] for number, word in enumerate(words)]
    content = written(rows, ["Name", "Email", "Company", "Note"])
    bring(ada, content)
    shown = run_through(ada)
    one = only()
    assert one.state == "done"
    assert one.made + one.refused == len(words) and one.made > 0.9 * len(words)
    assert "<script>alert" not in shown
    for number, word in enumerate(words):
        name = " ".join(word[:120].split())
        if name and number % 7 == 0:
            plain = name[1:] if name.startswith("'") and name[1:].startswith(LIVE) else name
            assert contact(f"n{number}@elm.example").name == plain, json.dumps(word)


def test_each_page_takes_few_queries(ada: FlaskClient, world: World) -> None:
    bring(ada, written([[f"P{n}", f"p{n}@elm.example", "Elm"] for n in range(300)] + [["", "no", ""]] * 50))
    page = f"{PLACE}/{only().id}"
    places = [PLACE, f"{page}/mapping", f"{page}/progress", page, f"{page}/refused"]
    run_through(ada)
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        for place in places:
            asked.clear()
            assert ada.get(place).status_code == 200
            assert len([one for one in asked if not one.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]) <= 15, place
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
