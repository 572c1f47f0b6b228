"""What is typed into the search is understood, whatever it is."""

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.naughty import WORDS
from ticketdesk.core import highlighting
from ticketdesk.tickets import search_query
from ticketdesk.tickets.search_query import OPERATORS, Query, Term, understand

ANYTHING = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *(f"{name}:" for name in OPERATORS),
                "-",
                '"',
                "#",
                "12",
                " ",
                "a",
                "Bb",
                "é",
                ":",
                "foo:",
                "“",
                "\x00",
                "\t",
            ]
        ),
        max_size=60,
    ).map("".join),
)


def terms(text: str) -> list[tuple[str, str, bool]]:
    return [(term.kind, term.value, term.is_without) for term in understand(text).terms]


@settings(max_examples=1_000, deadline=None)
@given(ANYTHING)
def test_nothing_that_is_typed_is_wrong_and_a_query_can_be_typed_again(text: str) -> None:
    query = understand(text)
    again = understand(str(query))
    assert (again.terms, again.is_cut) == (query.terms, False)
    assert len(query.terms) <= search_query.MOST_TERMS
    assert all(term.value and len(term.value) <= search_query.LONGEST_VALUE for term in query.terms)


@pytest.mark.parametrize("text", WORDS)
def test_naughty_strings_are_words(text: str) -> None:
    query = understand(text)
    assert understand(str(query)).terms == query.terms


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("armrest loose", [("word", "armrest", False), ("word", "loose", False)]),
        ('"came off"  -refund', [("phrase", "came off", False), ("word", "refund", True)]),
        (
            'from:dana to:"Elm Street" -tag:vip',
            [("from", "dana", False), ("to", "Elm Street", False), ("tag", "vip", True)],
        ),
        ("STATUS:open Before:2026-03-01", [("status", "open", False), ("before", "2026-03-01", False)]),
        (
            "has:attachment is:unread #1042",
            [("has", "attachment", False), ("is", "unread", False), ("number", "1042", False)],
        ),
        ("“came off”", [("phrase", "came off", False)]),
        ("from: dana", [("word", "from:", False), ("word", "dana", False)]),
        ('an "open end', [("word", "an", False), ("phrase", "open end", False)]),
        ("- --x -", [("word", "-", False), ("word", "-x", True), ("word", "-", False)]),
        ("#12a ##", [("word", "#12a", False), ("word", "##", False)]),
        ('"" -"" from:""', [("word", "from:", False)]),
    ],
)
def test_what_is_meant(text: str, wanted: list[tuple[str, str, bool]]) -> None:
    assert terms(text) == wanted


def test_an_unknown_operator_is_words_and_is_told() -> None:
    query = understand("colour:red http://shop.example 12:30 colour:blue")
    assert query.unknown == ("colour",)
    assert [term.kind for term in query.terms] == ["word"] * 4


def test_a_number_alone_may_be_that_of_a_ticket() -> None:
    assert understand("1042").number == 1042
    assert understand("1042 chair").number is None
    assert understand("-1042").number is None
    assert understand("9" * 30).number is None


def test_there_is_an_end_to_what_is_looked_for() -> None:
    query = understand("a " * 100)
    assert query.is_cut
    assert len(query.terms) == search_query.MOST_TERMS


def test_eight_times_as_much_takes_about_eight_times_as_long() -> None:
    """Not sixty-four times, as it would with a piece read again and again; machines may be three times off."""
    for piece in ("a:", '"', "-", "# ", "from:", '-"'):
        assert spent(piece * 100_000) < max(0.1, 8 * 3 * spent(piece * 12_500))


def spent(text: str) -> float:
    """The least of a few runs: whatever else a process does now and then is not the reading's."""
    found = []
    for _ in range(4):
        began = time.process_time()
        understand(text)
        found.append(time.process_time() - began)
    return min(found)


@pytest.mark.parametrize("module", [search_query, highlighting], ids=lambda module: module.__name__)
def test_pure_modules_import_nothing_of_ours(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text())  # type: ignore[attr-defined]
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in names if name.partition(".")[0] in ("flask", "sqlalchemy", "ticketdesk")]


def test_a_query_says_what_it_asks() -> None:
    assert str(Query((Term("from", "Dana Elm"), Term("word", "chair", is_without=True)))) == 'from:"Dana Elm" -chair'
