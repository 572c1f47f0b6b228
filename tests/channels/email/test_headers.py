"""Encoded words, dates, ids and file names in headers."""

from datetime import UTC, datetime

import pytest

from tests.channels.email.letters import letter
from ticketdesk.channels.email import charsets
from ticketdesk.channels.email.headers import ids, parse_date
from ticketdesk.channels.email.model import Unreadable
from ticketdesk.channels.email.parameters import parse_value
from ticketdesk.channels.email.parse import parse
from ticketdesk.channels.email.words import decode_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?= aus =?iso-8859-1?q?K=F6ln?=", "Grüße aus Köln"),
        (b"=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "äö"),
        (b"=?utf-8?B?4pg=?= =?utf-8?B?gw==?=", "☃"),
        (b"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        (b"=?utf-8?q?who_is_there??=", "who is there?"),
        (b"=?utf-8?B?w6Q?=", "ä"),
        (b"=?utf-8?x?nonsense?=", "=?utf-8?x?nonsense?="),
        ("schön".encode(), "schön"),
        ("schön".encode("latin-1"), "schön"),
    ],
)
def test_encoded_words(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


def test_raw_bytes_are_taken_in_the_charset_of_the_body() -> None:
    raw = letter("x", subject="@", kind="text/plain; charset=koi8-r").replace(
        b"Subject: @", "Subject: Привет".encode("koi8-r")
    )
    assert parse(raw).subject == "Привет"


def test_too_many_encoded_words_are_refused() -> None:
    with pytest.raises(Unreadable):
        decode_words(b"=?utf-8?q?a?= " * 3_000)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 02 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2 Mar 2026 10:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Thu, 99 Foo 2024 99:99:99 +9999", None),
        ("Mon, 1 Jan 99999999 00:00:00 +0000", None),
        ("", None),
    ],
)
def test_dates(written: str, moment: datetime | None) -> None:
    assert parse_date(written) == moment


def test_ids_lose_their_brackets_and_overlong_ones_are_left_out() -> None:
    assert ids(b"<a@x> junk <b @x>, <" + b"c" * 2_000 + b"@x>") == ["a@x", "b@x"]


def test_only_the_newest_references_are_kept() -> None:
    raw = letter(headers="References: " + " ".join(f"<{number}@x.test>" for number in range(10_000)))
    found = parse(raw)
    assert found.quarantine is None
    assert found.references[-1] == "9999@x.test"
    assert len(found.references) == 50


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'attachment; filename="a b.pdf"', "a b.pdf"),
        (b"attachment; filename=a b.pdf", "a b.pdf"),
        (b"attachment; filename*=utf-8''f%C3%BCr.pdf", "für.pdf"),
        (b"attachment; filename*0*=utf-8''f%C3%BC; filename*1=r.pdf", "für.pdf"),
        (b'attachment; filename="=?utf-8?q?f=C3=BCr.pdf?="', "für.pdf"),
        (b'attachment; filename="quo\\"te.pdf"', 'quo"te.pdf'),
    ],
)
def test_file_names(raw: bytes, name: str) -> None:
    found = parse_value(raw)
    assert found.main == "attachment"
    assert found.parameters["filename"] == name


@pytest.mark.parametrize("label", ["hex", "rot13", "zlib", "idna", "undefined", "x-none", "utf\0", "é"])
def test_labels_that_are_no_character_sets_do_no_harm(label: str) -> None:
    text, defect = charsets.decode(b"hi \xff\xfe", label)
    assert text.startswith("hi ")
    assert defect is not None


def test_text_holds_neither_nul_nor_lone_surrogates() -> None:
    assert charsets.clean_text("a\0b\ud800c") == "ab\ufffdc"
