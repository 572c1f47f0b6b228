"""IN-11: whatever is typed into whichever field, a door answers, and what cannot be kept is refused."""

from collections import defaultdict
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.security.matrix import ROWS
from tests.security.naughty import NUL, WORDS
from tests.security.stage import ACTORS, Stage
from tests.security.test_matrix import address

WRITING = sorted(key for key in ROWS if key[1] != "GET")
ASKING = sorted(key for key in ROWS if key[1] == "GET")
PARAMETERS = (
    *("in", "before", "after", "q", "next", "ids", "score", "queue"),
    *("from", "to", "by", "page", "period", "clock"),
)
"""Names that some page reads from its address."""


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
