"""A file becomes a table, whatever wrote it; what cannot is refused with the line at which it went wrong."""

import csv
import io

import pytest

from ticketdesk.channels.email import addresses as of_mail
from ticketdesk.contacts.importing import addresses, columns, reading
from ticketdesk.contacts.importing.columns import Attribute
from ticketdesk.contacts.importing.reading import MOST_COLUMNS, MOST_LINES, Line, Unreadable
from ticketdesk.core import cells

TEXT = "Name;Mail\r\nZoë Müller;zoe@example.com\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("latin-1"), "Windows-1252"),
        (TEXT.encode("latin-1").replace(b"Zo", b"Zo\x81"), "Latin-1"),
    ],
)
def test_letters_are_recognised(content: bytes, encoding: str) -> None:
    table = reading.read(content)
    assert table.encoding == encoding
    assert table.headings == ["Name", "Mail"]
    assert table.lines[0].cells[0].replace("\x81", "") == "Zoë Müller"


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_what_stands_between_cells_is_counted(between: str) -> None:
    rows = [["name", "note"], ["Ann, of Elm; Oak", "a\nb"], ["Bea", "one, two, three; four"], ["Cy", 'says "hello"']]
    written = io.StringIO()
    csv.writer(written, delimiter=between).writerows(rows)
    table = reading.read(written.getvalue().encode())
    assert [list(line.cells) for line in table.lines] == rows[1:]
    assert [line.at for line in table.lines] == [2, 4, 5]  # a cell of two lines is one


def test_one_column_is_a_table() -> None:
    assert reading.read(b"mail\nann@example.com\n").lines == [Line(1, 2, ("ann@example.com",))]


def test_a_spreadsheet_may_say_what_stands_between() -> None:
    assert reading.read(b"sep=;\na;b,c\n1;2,3\n").headings == ["a", "b,c"]


def test_lines_without_anything_are_passed_over() -> None:
    table = reading.read(b"a,b\n\n , \n1,2\n,,\n3,4")
    assert [(line.number, line.at) for line in table.lines] == [(1, 4), (2, 6)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "nothing in this file"),
        (b"a,b\n", "no lines below"),
        (b"a,b\n1,2\n3,\x004\n", "Line 3 has a character"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "begins at 3 has a quotation mark"),
        (b'a,b\n1,2\n"3"x,4\n', "begins at 3 has a quotation mark"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "begins at 2 has a cell that is too long"),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", "Line 2 has bytes"),
        (b"\xff\xfea\x00,\x00\n\x00\x00\xd8\x00\x00", "has bytes that are no letters"),
        (",".join("a" * (MOST_COLUMNS + 1)).encode() + b"\n1\n", "at most 100 columns"),
        (b"a\n" + b"1\n" * (MOST_LINES + 1), "at most 50,000 lines"),
        (b"x" * (reading.LARGEST + 1), "larger than 10 MB"),
    ],
    ids=range(11),
)
def test_what_is_no_table_is_refused_by_line(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        reading.read(content)


HOSTILE = ["=1+1", "+49 30 1", "-2", "@SUM(1)", "\t=1", "＝1", " =1", "plain", "'quoted'", "5 > 4"]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_cell_that_went_out_comes_in_as_it_was(words: str) -> None:
    """IN-07: whatever was kept from being reckoned is the same words again."""
    assert cells.words_of(cells.cell(words)) == words
    table = reading.read(f'a,b\n"{cells.cell(words)}",1\n'.encode())
    assert table.lines[0].cells[0] == words


@pytest.mark.parametrize(
    "written", ["Ann@Example.COM ", "ann+desk@exämple.de", "a.b@mail.example.com.", "x_y@a_b.example"]
)
def test_addresses_have_the_form_of_mail(written: str) -> None:
    assert addresses.normalised(written) == of_mail.normalise(written)


@pytest.mark.parametrize("written", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example", "=1@2.3;"])
def test_what_is_no_address_is_none(written: str) -> None:
    assert addresses.normalised(written) is None


def test_addresses_of_one_cell_are_taken_apart() -> None:
    found = [
        addresses.normalised(one) for one in addresses.split("Ann <ann@example.com>; mailto:a@b.example,c@d.example\n")
    ]
    assert found == ["ann@example.com", "a@b.example", "c@d.example"]
    assert addresses.domain(" @Example.COM") == "example.com"
    assert addresses.domain("example") is None


def test_headings_are_guessed() -> None:
    own = [Attribute(7, "plan", "Tariff")]
    headings = [
        "First name",
        "Last Name",
        "E-Mail",
        "E-mail 2",
        "Company",
        "Phone",
        "TARIFF",
        "Shoe size",
        "company name",
    ]
    assert columns.guess(headings, [], own) == [
        "name", "name", "email", "email", "organization", "new", "attribute-7", "", "",
    ]  # fmt: skip
    assert columns.guess(["Vorname", "E-Mail-Adresse", "Firma"], [], []) == ["name", "email", "organization"]
    assert columns.guess(["who", "where"], [Line(1, 2, ("Ann", "a@b.example")), Line(2, 3, ("Bea", ""))], []) == [
        "",
        "email",
    ]


def test_keys_of_new_attributes_differ() -> None:
    assert columns.key_of("Télé Phone!", ["other"]) == "tele_phone"
    assert columns.key_of("Phone", ["phone", "phone_2"]) == "phone_3"
    assert columns.key_of("電話", []) == "column"
