"""IN-11: whatever is typed into whichever field, a door answers, and what cannot be kept is refused."""

import re
import time
from collections import defaultdict
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.security.matrix import ROWS
from tests.security.naughty import INJECTIONS, NUL, WORDS
from tests.security.stage import ACTORS, Stage
from tests.security.test_matrix import address
from ticketdesk import ROOT

WEB = ROOT / "ticketdesk" / "web"

WRITING = sorted(key for key in ROWS if key[1] != "GET")
ASKING = sorted(key for key in ROWS if key[1] == "GET")
_READ = re.compile(r'args\.get(?:list)?\(\s*"(\w+)"|args\["(\w+)"|"(\w+)" in request\.args')
PARAMETERS = sorted(
    {"q", "ids", "by", "page", "period"}.union(
        *({name for found in _READ.findall(path.read_text()) for name in found if name} for path in WEB.rglob("*.py"))
    )
)
"""Names that some page reads from its address."""

SLEPT = 5.0
"""Seconds: shorter than any word lets a database sleep that believes it, longer than any page takes beside others."""
PARTS = 4
"""Of the words, so that no test of a long form takes long."""
BEFORE = {"portal.enter": ("portal.ask_for_code", {"email": "dana@customer.example"})}
"""What must have been sent before a door reads its form at all."""


def somebody_let_in(key: tuple[str, str]) -> str:
    row = ROWS[key]
    # Whoever is no customer is only shown the way to the page where customers sign in.
    order = ("dana",) if row.rule == "customers" else ("ada", "alice", *ACTORS)
    return next((actor for actor in order if row.expected(actor, key[1]) < 400), order[0])


def at_the_door(stage: Stage, key: tuple[str, str]) -> FlaskClient:
    browser = stage.client(somebody_let_in(key))
    if key[0] in BEFORE:
        endpoint, form = BEFORE[key[0]]
        assert browser.post(address(stage, endpoint, {}), data=form).status_code == 303
    return browser


def words_of(form: dict[str, Any]) -> list[str]:
    return [name for name, value in form.items() if isinstance(value, (str, int))]


def has_words(key: tuple[str, str]) -> bool:
    return bool(words_of(ROWS[key].form(defaultdict(str))))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("key", [key for key in WRITING if has_words(key)], ids=lambda key: f"{key[0]}-{key[1]}")
def test_every_field_takes_or_refuses_it(stage: Stage, key: tuple[str, str], part: int) -> None:
    row, browser = ROWS[key], at_the_door(stage, key)
    where, form = address(stage, key[0], row.args(stage.ids)), row.form(stage.ids)
    for place, name in enumerate(words_of(form)):
        for word in {*WORDS[place % 2 :: 2][part::PARTS], *([] if part else [NUL])}:  # each word in every second field
            with stage.undone():
                response = browser.open(where, method=key[1], data={**row.form(stage.ids), name: word})
            assert response.status_code < 500, (name, word)
            if word == NUL:
                assert response.status_code >= 400, (name, response.status_code)


@pytest.mark.parametrize("key", ASKING, ids=lambda key: key[0])
def test_every_address_takes_or_refuses_it(stage: Stage, key: tuple[str, str]) -> None:
    browser = at_the_door(stage, key)
    where = address(stage, key[0], ROWS[key].args(stage.ids)).partition("?")[0]
    for word in WORDS[:48:2]:
        response = browser.get(where, query_string=dict.fromkeys(PARAMETERS, word[:500]))
        assert response.status_code < 500, word


@pytest.mark.slow
@pytest.mark.parametrize("key", ASKING, ids=lambda key: key[0])
def test_no_address_reaches_the_database_as_words_of_its_own(stage: Stage, key: tuple[str, str]) -> None:
    """IN-09: nothing fails, and nothing sleeps because an address says so."""
    browser = at_the_door(stage, key)
    where = address(stage, key[0], ROWS[key].args(stage.ids)).partition("?")[0]
    for turn, word in enumerate(INJECTIONS[ASKING.index(key) % 4 :: 4]):
        # All at once, and one by one, since one that is refused keeps the others from being read.
        asked = (
            {PARAMETERS[turn % len(PARAMETERS)]: word} if turn < len(PARAMETERS) else dict.fromkeys(PARAMETERS, word)
        )
        began = time.perf_counter()
        response = browser.get(where, query_string=asked)
        assert response.status_code < 500, word
        assert time.perf_counter() - began < SLEPT, word


def test_the_parameters_are_those_that_pages_read() -> None:
    assert {"after", "q", "in", "number", "past", "view", "requester"} <= set(PARAMETERS)
