"""Files and letters as they were sent: permission, and nothing that runs."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.desk.conftest import Browser, Write, htmx
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import sheets

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def attached(write: Write, content: bytes, name: str = "a.png", kind: str = "image/png") -> str:
    write(files=(NewFile(name, kind, content),))
    return db.session.scalars(select(Attachment.reference).order_by(Attachment.id.desc())).first() or ""


def test_a_file_is_for_download(alice: FlaskClient, write: Write) -> None:
    answer = alice.get(f"/desk/attachments/{attached(write, b'hello', 'notes.txt', 'text/plain')}")
    assert answer.status_code == 200
    assert answer.data == b"hello"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_picture_is_shown_in_place(alice: FlaskClient, write: Write) -> None:
    answer = alice.get(f"/desk/attachments/{attached(write, PNG)}?view=1")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<script>alert(1)</script>", "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_what_only_says_to_be_a_picture_is_downloaded(
    alice: FlaskClient, write: Write, content: bytes, kind: str
) -> None:
    answer = alice.get(f"/desk/attachments/{attached(write, content, kind=kind)}?view=1")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ['a"; x="b.txt', "naïve – 你好.txt", "a\r\nSet-Cookie: x=1.txt", "../../etc/passwd"])
def test_names_stay_names(alice: FlaskClient, write: Write, name: str) -> None:
    answer = alice.get(f"/desk/attachments/{attached(write, b'x', name, 'text/plain')}")
    assert answer.headers["Content-Disposition"].isascii()  # more than that, no header can carry everywhere
    assert answer.status_code == 200
    assert "\nSet-Cookie: x" not in str(answer.headers)
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_has_the_permission_of_its_message(alice: FlaskClient, browser: Browser, write: Write) -> None:
    reference = attached(write, b"x")
    assert browser("bob").get(f"/desk/attachments/{reference}").status_code == 200
    carol = browser("carol")
    assert carol.get(f"/desk/attachments/{reference}").status_code == 404
    assert carol.get("/desk/attachments/nonsense").status_code == 404


def test_a_file_of_a_draft_is_its_authors(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/note/files"
    alice.post(address, data={"files": [(io.BytesIO(b"x"), "a.txt")]}, headers=htmx())
    reference = db.session.scalars(select(Attachment.reference)).one()
    assert alice.get(f"/desk/attachments/{reference}").status_code == 200
    assert browser("bob").get(f"/desk/attachments/{reference}").status_code == 404
    assert browser("ada").get(f"/desk/attachments/{reference}").status_code == 404


def letter(write: Write, **values: Any) -> str:
    made = write(
        html='<p>Hi</p><img src="https://far.example/x.png"><img src="cid:pic@mail"><a href="https://a.example">x</a>',
        files=(NewFile("a.png", "image/png", PNG, inline=True, content_id="pic@mail"),),
        **values,
    )
    return f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}/sheet"


def test_pictures_from_outside_wait_until_asked_for_and_come_through_us(alice: FlaskClient, write: Write) -> None:
    address = letter(write)
    quiet = alice.get(address)
    assert quiet.status_code == 200
    assert "far.example" not in quiet.text
    assert "/desk/attachments/" in quiet.text  # the embedded one is ours
    assert 'target="_blank"' in quiet.text
    assert "https:" not in quiet.headers["Content-Security-Policy"]
    assert alice.post(address.replace("/sheet", "/pictures"), data={"of": "message"}, headers=htmx()).status_code == 200
    asked = alice.get(address)
    assert 'src="/images/' in asked.text
    assert 'src="https://far.example' not in asked.text
    assert "img-src 'self' data:;" in asked.headers["Content-Security-Policy"]


def test_in_the_frame_nothing_runs(alice: FlaskClient, write: Write) -> None:
    policy = alice.get(letter(write)).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy and "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy


def test_the_frame_is_for_those_who_see_the_ticket(browser: Browser, write: Write) -> None:
    assert browser("carol").get(letter(write)).status_code == 404


def test_a_letter_without_another_form_has_no_frame(alice: FlaskClient, write: Write) -> None:
    made = write()
    assert alice.get(f"/desk/tickets/{made.ticket.number}/messages/{made.message.id}/sheet").status_code == 404


def test_a_made_up_embedded_picture_is_left_out() -> None:
    body = sheets.body('<img src="cid:unknown"><img src="/desk/next"><img src="data:x">', {}, "/images/{}".format)
    assert "src=" not in body


def test_a_picture_without_a_source_spoils_no_letter() -> None:
    body = sheets.body('<p>Hi</p><img alt="x"><img src="">', {}, None)
    assert "Hi" in body and "src=" not in body
