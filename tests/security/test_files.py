"""IN-04: what others sent comes out as they sent it, and no browser takes it for a page of ours."""

import pytest
from sqlalchemy import select

from tests.security.stage import Stage
from ticketdesk.core import clock, storage, tokens
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.web import assets

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
CONTENTS = {
    "page.html": b"<script>alert(1)</script>",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "paper.pdf": b"%PDF-1.4",
    "page.xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "script.js": b"alert(1)",
    "picture.png": b"<html><script>alert(1)</script>",
    "GIF89a.html": b"<GIF89a",
    "empty.txt": b"",
    "letter.eml": b"From: a@b.example\r\n\r\nx",
}
NAMES = (
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "a\r\nSet-Cookie: x=1",
    "a\nb",
    'quote".html',
    "semi;colon.exe",
    "nul\x01\x7f.txt",
    "ünïcödé 文件.pdf",
    "\u202egnp.exe",
    "x" * 2000,
    "",
    "%00%0d%0a",
    "CON",
    "a'b*c?.txt",
)


def put(stage: Stage, content: bytes, filename: str, content_type: str) -> str:
    now = clock.now()
    found = Attachment(
        reference=tokens.reference(),
        message_id=stage.ids["message"],
        blob_sha256=storage.keep(content, now),
        filename=filename,
        content_type=content_type,
        size=len(content),
    )
    db.session.add(found)
    db.session.commit()
    return found.reference


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "image/png", "x\r\nX: y"], ids=repr)
@pytest.mark.parametrize("view", ["", "?view=1"])
def test_only_pictures_are_shown_in_place(stage: Stage, name: str, declared: str, view: str) -> None:
    reference = put(stage, CONTENTS[name], name, declared)
    answer = stage.client("alice").get(f"/desk/attachments/{reference}{view}")
    assert answer.status_code == 200
    assert answer.data == CONTENTS[name]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X" not in answer.headers


def test_a_real_picture_may_be_looked_at(stage: Stage) -> None:
    reference = put(stage, PNG, "picture.html", "text/html")
    shown = stage.client("alice").get(f"/desk/attachments/{reference}?view=1")
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"].startswith("inline;")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    saved = stage.client("alice").get(f"/desk/attachments/{reference}")
    assert saved.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:30])
def test_a_name_is_only_a_name(stage: Stage, name: str) -> None:
    reference = put(stage, b"x", name, "text/plain")
    answer = stage.client("alice").get(f"/desk/attachments/{reference}")
    assert answer.status_code == 200
    (said,) = answer.headers.getlist("Content-Disposition")
    assert said.isprintable()
    assert said.startswith("attachment")
    assert "Set-Cookie" not in answer.headers


def test_raw_mail_is_only_saved(stage: Stage) -> None:
    answer = stage.client("ada").get(f"/admin/mail/{stage.ids['raw']}/raw")
    assert answer.data == b"From: far@away.example\r\n\r\nunreadable"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=mail-{stage.ids['raw']}.eml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_nothing_lies_where_a_web_server_could_find_it(stage: Stage) -> None:
    """Blobs are named by their digest, whatever they were called, and lie outside what is served."""
    put(stage, b"<?php", "../../../static/shell.php", "application/x-php")
    config = stage.app.extensions["ticketdesk.config"]
    row = db.session.scalars(select(Attachment).where(Attachment.filename.contains("shell"))).one()
    assert (config.blobs / row.blob_sha256[:2] / row.blob_sha256[2:4] / row.blob_sha256).read_bytes() == b"<?php"
    assert not [path for path in config.root.rglob("*") if "shell" in path.name]
    assert not config.blobs.is_relative_to(assets.STATIC)
    for path in ("/static/shell.php", "/assets/1/..%2f..%2fshell.php", f"/assets/1/{row.blob_sha256}"):
        assert stage.client("alice").get(path).status_code == 404
