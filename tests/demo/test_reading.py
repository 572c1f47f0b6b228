"""The conversations as they are written."""

from collections import Counter
from datetime import timedelta

import pytest

from ticketdesk.demo import company, reading
from ticketdesk.demo.conversation import AGENT, CUSTOMER
from ticketdesk.demo.playing import CUSTOMERS_DEEDS, DEEDS
from ticketdesk.demo.reading import Unreadable

WRITTEN = """# Which oil?
from: Isolde Calder <isolde@example.org>
to: Care & spare parts
via: form
tags: oil, teak
last: 3h 20m open

The leaflet says *linseed*.

> 1h 5m, agent asks
Hello Isolde,

which leaflet?

> 20s, customer writes
The old one.
> 1d, Sam moves to Orders & refunds
"""


def test_a_conversation_is_read_as_it_is_written() -> None:
    [one] = reading.read(WRITTEN)
    assert (one.subject, one.name, one.address) == ("Which oil?", "Isolde Calder", "isolde@example.org")
    assert (one.queue, one.channel, one.priority, one.tags) == ("Care & spare parts", "form", "normal", ("oil", "teak"))
    assert one.text == "The leaflet says *linseed*."
    assert one.last == timedelta(hours=3, minutes=20) and one.last_is_open and one.goes_on
    first, second, third = one.turns
    assert (first.after, first.who, first.does) == (timedelta(hours=1, minutes=5), "agent", "asks")
    assert first.text == "Hello Isolde,\n\nwhich leaflet?"
    assert (second.after, second.who, second.text) == (timedelta(seconds=20), "customer", "The old one.")
    assert (third.who, third.does, third.what) == ("Sam", "moves", "to Orders & refunds")


@pytest.mark.parametrize(
    "wrong",
    [
        WRITTEN.replace("via: form", "by: form"),
        WRITTEN.replace("> 1d, Sam", "> Sam"),
        WRITTEN.replace("1h 5m", "1h5"),
        WRITTEN.replace("from: Isolde Calder <isolde@example.org>", "from: <isolde@example.org>"),
    ],
)
def test_what_is_written_wrongly_is_told(wrong: str) -> None:
    with pytest.raises(Unreadable):
        list(reading.read(wrong))


def test_the_demo_s_conversations_make_sense() -> None:
    queues = {name for name, *_ in company.QUEUES}
    people = {name.split()[0] for _, name, *_ in company.PEOPLE} | {AGENT}
    found = reading.conversations()
    keys = {one.key for one in found}
    assert len(keys) == len(found)
    for one in found:
        assert one.queue in queues and one.channel in ("email", "form", "chat")
        assert one.address or one.channel == "chat"
        assert one.beside is None or one.beside[0] in keys
        for turn in one.turns:
            assert turn.does in (CUSTOMERS_DEEDS if turn.who == CUSTOMER else DEEDS), (one.subject, turn.does)
            assert turn.who == CUSTOMER or turn.who in people, (one.subject, turn.who)
            assert turn.what.removeprefix("into ") in keys if turn.does == "merges" else True


def test_nobody_says_the_same_twice() -> None:
    texts = Counter(
        " ".join(text.split())
        for one in reading.conversations()
        for text in (one.text, *(turn.text for turn in one.turns))
        if len(text) > 20
    )
    assert [text for text, times in texts.items() if times > 1] == []


def test_what_is_past_has_come_to_an_end() -> None:
    for one in reading.conversations():
        done = [turn.does for turn in one.turns if turn.does not in ("rates", "concludes", "leaves")]
        if not one.goes_on:
            assert done[-1] in ("solves", "settles", "merges", "discards"), one.subject
