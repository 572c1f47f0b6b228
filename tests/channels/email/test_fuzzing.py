"""No mail, however spoilt, makes the parser raise, hang or eat memory."""

import time
from itertools import islice

import pytest

from tests.channels.email.mangling import SEEDS, mangled
from ticketdesk.channels.email import limits, wire
from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.parse import parse

_SECONDS = 5.0


def _check(raw: bytes) -> None:
    """One mail: an answer in time that passes between processes and that a database can store."""
    began = time.process_time()
    parsed = parse(raw)
    assert time.process_time() - began < _SECONDS
    packed, blobs = wire.pack(parsed)
    assert wire.unpack(packed, blobs) == parsed
    for words in (parsed.subject, parsed.text, parsed.reply_text, parsed.quoted_text, parsed.html or ""):
        assert "\0" not in words
        # Lone surrogates have no place in UTF-8.
        words.encode("utf-8")


def test_the_originals_are_understood() -> None:
    assert all(parse(raw).quarantine is None for raw in SEEDS)


def test_the_same_seed_spoils_alike() -> None:
    assert list(islice(mangled(SEEDS, 7), 20)) == list(islice(mangled(SEEDS, 7), 20))
    assert len(set(islice(mangled(SEEDS, 7), 50))) > 40


def test_spoilt_mails_are_answered() -> None:
    for raw in islice(mangled(SEEDS, 1), 400):
        _check(raw)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_spoilt_mails_are_answered_for_a_minute() -> None:
    until = time.monotonic() + 60
    for raw in mangled(SEEDS, 2):
        _check(raw)
        if time.monotonic() > until:
            break


def test_the_child_reads_them_within_its_memory() -> None:
    # The child limits its own memory and time; Unreadable would mean that one of them was reached.
    with ParserChild(seconds=30) as parser:
        for raw in islice(mangled(SEEDS, 3), 200):
            parser.parse(raw)
    assert limits.MEMORY_BYTES <= 300 * 1024 * 1024
