"""Signed names: what we wrote is read again, and nothing else ever is."""

import pytest

from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named

KEY, OTHER = "a key of the tests", "another key"
NAMED = [Named("t", 1), Named("t", 987654321), Named("a", 12, 7), Named("m", 5), Named("n", 12, 33)]


@pytest.mark.parametrize("named", NAMED)
def test_a_token_is_read_as_what_it_was_written_for(named: Named) -> None:
    token = identifiers.token(named, KEY)
    assert identifiers.read(token, [KEY]) == named
    assert identifiers.read(token.upper(), [KEY]) == named
    assert token.isalnum()
    assert token == token.lower()


@pytest.mark.parametrize("named", NAMED)
def test_no_letter_of_a_token_can_be_changed(named: Named) -> None:
    token = identifiers.token(named, KEY)
    for at in range(len(token)):
        for letter in "a1tmx":
            forged = token[:at] + letter + token[at + 1 :]
            assert forged == token or identifiers.read(forged, [KEY]) is None


def test_a_token_of_another_key_is_worth_nothing() -> None:
    assert identifiers.read(identifiers.token(Named("t", 1), OTHER), [KEY]) is None


def test_a_key_that_was_replaced_is_still_believed() -> None:
    assert identifiers.read(identifiers.token(Named("t", 1), OTHER), [KEY, OTHER]) == Named("t", 1)


@pytest.mark.parametrize("rubbish", ["", "t", "t1", "1", "t" * 500, "t77" + "1" * 40, "t--1" + "a" * 16, "é" * 30])
def test_rubbish_is_no_token(rubbish: str) -> None:
    assert identifiers.read(rubbish, [KEY]) is None


def test_an_address_carries_a_ticket_and_not_more_than_a_local_part_may_hold() -> None:
    signed = identifiers.address("support@desk.example", Named("t", 42), KEY)
    assert identifiers.in_address(signed, [KEY]) == Named("t", 42)
    assert identifiers.without_token(signed) == "support@desk.example"
    long = "a" * 60 + "@desk.example"
    assert identifiers.address(long, Named("t", 42), KEY) == long


@pytest.mark.parametrize(
    "guess", ["support+1@desk.example", "support+t1@desk.example", "support@desk.example", "+@x", "@"]
)
def test_a_guessed_address_carries_nothing(guess: str) -> None:
    assert identifiers.in_address(guess, [KEY]) is None


def test_kinds_do_not_stand_in_for_each_other() -> None:
    message = identifiers.token(Named("m", 5), KEY)
    assert identifiers.in_address(f"support+{message}@desk.example", [KEY]) is None
    ticket = identifiers.token(Named("t", 5), KEY)
    assert identifiers.in_message_id(f"{ticket}@desk.example", [KEY]) is None


def test_a_mark_is_found_between_words_and_after_a_broken_line() -> None:
    mark = identifiers.mark(Named("t", 42), KEY)
    broken = mark[:20] + "\n> " + mark[20:]
    assert identifiers.in_text(f"Hello [ref:nothing] {mark} bye", [KEY]) == Named("t", 42)
    assert identifiers.in_text(f"> On Tuesday\n> {broken}", [KEY]) == Named("t", 42)
    assert identifiers.in_text("[ref:" * 50_000, [KEY]) is None
