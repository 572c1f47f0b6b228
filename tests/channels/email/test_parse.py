"""A raw mail as a whole: parts, bodies, files, limits."""

import base64

import pytest

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email import limits
from ticketdesk.channels.email.parse import parse


def test_an_ordinary_mail() -> None:
    found = parse(
        letter(
            headers="In-Reply-To: <zero@example.com>\r\nCc: Eve <eve@x.test>\r\nDelivered-To: support+t1@example.com"
        )
    )
    assert found.sender is not None
    assert (found.sender.name, found.sender.address, found.sender_known) == (
        "Dana Customer",
        "dana@customer.test",
        True,
    )
    assert found.text.strip() == "Hello,\nthe printer is on fire."
    assert (found.message_id, found.in_reply_to) == ("one@customer.test", "zero@example.com")
    assert found.recipients == ("support+t1@example.com", "support@example.com", "eve@x.test")
    assert found.date is not None
    assert found.date.isoformat() == "2026-03-02T09:00:00+00:00"
    assert (found.quarantine, found.no_automatic_answer, found.defects) == (None, None, ())


def test_html_and_text_beside_a_picture() -> None:
    alternative = (
        "Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
        "--inner\r\nContent-Type: text/plain\r\n\r\nwords\r\n"
        '--inner\r\nContent-Type: text/html\r\n\r\n<p onclick="x()">words <img src="cid:pic@x"></p>\r\n--inner--'
    )
    picture = (
        "Content-Type: image/png; name=dot.png\r\nContent-ID: <pic@x>\r\nContent-Disposition: inline\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"\x89PNG").decode()
    )
    found = parse(parts(alternative, picture))
    assert found.text.strip() == "words"
    assert found.html is not None
    assert "onclick" not in found.html
    assert 'src="cid:pic@x"' in found.html
    (file,) = found.attachments
    assert (file.filename, file.size, file.inline, file.content_id, file.content) == (
        "dot.png",
        4,
        True,
        "pic@x",
        b"\x89PNG",
    )


def test_a_mail_inside_a_mail_is_a_file_and_no_part_of_the_text() -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: Old matter\r\n\r\nold words"
    found = parse(parts("Content-Type: text/plain\r\n\r\nsee below", inner))
    assert found.text.strip() == "see below"
    assert [file.filename for file in found.attachments] == ["Old matter.eml"]


def test_text_out_of_html_when_there_is_nothing_else() -> None:
    found = parse(letter("<style>p{}</style><p>One<br>two</p><p>three</p>", kind="text/html"))
    assert found.text == "One\ntwo\n\nthree"


def test_flowed_lines_are_joined() -> None:
    found = parse(letter("one \r\ntwo\r\n> old \r\n> words\r\n", kind="text/plain; format=flowed"))
    assert found.text == "one two\n> old words\n"


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "aGVsbG8", "hello"),
        ("base64", "not base64 at all, but words", "not base64 at all, but words"),
        ("BASE64 ", "aGVsbG8=", "hello"),
        ("quoted-printable", "hel=6Co=\r\n", "hello"),
        ("x-evil", "hello", "hello"),
        ("7bit; x", "hello", "hello"),
    ],
)
def test_transfer_encodings(encoding: str, body: str, text: str) -> None:
    assert parse(letter(body, headers=f"Content-Transfer-Encoding: {encoding}")).text.strip() == text


def test_headers_that_lost_their_indent_are_still_headers() -> None:
    raw = b"---- copy ----\r\nReceived: from a\r\nby b\r\nwith c\r\n" + letter()
    assert parse(raw).subject == "Printer"


def _nested(depth: int) -> bytes:
    body = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(depth))
    return letter(body + "x", kind="multipart/mixed; boundary=b0")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (bytes(range(256)) * 8, "no headers"),
        (letter(sender=None), "no sender"),
        (parts(*["Content-Type: text/plain\r\n\r\nx"] * 201), "200 parts"),
        (_nested(21), "deeper than 20"),
        (letter(kind="message/rfc822", body="Content-Type: message/rfc822\r\n\r\n" * 25), "deeper than 20"),
        (b"X: y\r\n" * 1_001 + letter(), "1000 header lines"),
        (letter(subject="a" * 70_000), "64 KiB"),
        (letter(to=", ".join(f"u{n}@x.test" for n in range(1_100))), "1000 addresses"),
        (letter(kind="text/plain" + "; a=b" * 300), "200 parameters"),
        (letter(sender="no-reply@shop.test", subject="Confirm your email address"), "confirmation mail"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_beyond_the_limits_a_mail_is_quarantined_with_its_reason(raw: bytes, reason: str) -> None:
    found = parse(raw)
    assert found.quarantine is not None
    assert reason in found.quarantine


def test_within_the_limits_it_is_not() -> None:
    assert parse(parts(*["Content-Type: text/plain\r\n\r\nx"] * 200)).quarantine is None
    assert parse(_nested(20)).quarantine is None


def test_a_mail_over_the_size_is_not_looked_into() -> None:
    found = parse(letter() + b"a" * limits.MAX_BYTES)
    assert found.quarantine == "larger than 35 MiB"
    assert found.subject == "Printer"


def test_the_same_mail_has_one_fingerprint_whatever_relays_add() -> None:
    one = parse(letter())
    assert parse(b"Received: from a by b\r\n" + letter().replace(b"\r\n", b"\n")).fingerprint == one.fingerprint
    assert parse(letter(body="other words")).fingerprint != one.fingerprint
    assert parse(letter(subject="Other")).fingerprint != one.fingerprint


def test_html_too_deep_to_clean_is_kept_as_its_text() -> None:
    found = parse(letter("<div>" * 100_000 + "deep", kind="text/html"))
    assert found.html == "<pre>deep</pre>"
    assert any("too deep" in defect for defect in found.defects)


@pytest.mark.parametrize("raw", [letter()[:cut] for cut in range(0, 220, 7)])
def test_a_mail_cut_anywhere_is_still_an_answer(raw: bytes) -> None:
    parse(raw)
