"""Orders in the first lines of an agent's mail: a small grammar that guesses nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketdesk.channels.email.agent_commands import MOST, read


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("/note", "note", ""),
        ("/reply", "reply", ""),
        ("/close", "status", "solved"),
        ("/solve", "status", "solved"),
        ("/take", "assign", "me"),
        ("/assign me", "assign", "me"),
        ("/Assign  Bob Harrow", "assign", "Bob Harrow"),
        ("/status on hold", "status", "on_hold"),
        ("/STATUS Pending", "status", "pending"),
        ("/priority high", "priority", "high"),
        ("/tag wood, armrest", "tag", "wood, armrest"),
        ("/untag wood", "untag", "wood"),
    ],
)
def test_each_order_is_known(line: str, kind: str, words: str) -> None:
    orders = read(f"\n{line}\n\nWe send one.\n/tag not-this")
    assert [(one.kind, one.words) for one in orders.commands] == [(kind, words)]
    assert orders.text == "We send one.\n/tag not-this"
    assert orders.unclear == ()


@pytest.mark.parametrize("line", ["/stauts solved", "/status", "/status new", "/priority soon", "/note to all", "/x"])
def test_what_is_no_order_is_said_and_not_guessed(line: str) -> None:
    orders = read(f"{line}\nWe send one.")
    assert orders.commands == () and [one.line for one in orders.unclear] == [line]
    assert orders.text == "We send one."


@pytest.mark.parametrize("text", ["/etc/hosts is wrong", "/ 2", "//", "and/or", "1/2", "/ü", "/", "> /note"])
def test_words_with_slashes_are_words(text: str) -> None:
    orders = read(text)
    assert (orders.commands, orders.unclear, orders.text) == ((), (), text)


def test_too_many_orders_are_refused() -> None:
    orders = read("/tag x\n" * (MOST + 5))
    assert len(orders.commands) == MOST and len(orders.unclear) == 1


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_text_is_lost_and_none_raises(text: str) -> None:
    orders = read(text)
    assert orders.text in text
    assert orders.commands or orders.unclear or orders.text == text.strip()
