"""Twice the mail takes about twice the time: no body, however built, makes the reading grow faster."""

import time

import pytest

from tests.channels.email.letters import letter
from ticketdesk.channels.email.parse import parse

_REPLIES = {
    "blank lines": "\n",
    "spaces": " ",
    "dashes": "-",
    "equal signs": "=",
    "underscores": "_",
    "stars": "*",
    "angle brackets": ">",
    "quoted lines": "> words\n",
    "deeper and deeper": ">> > >>> words\n",
    "attributions that never end": "On Mon, Mar 2, 2026 at 10:00 AM Alice\n",
    "attributions": "On Mon, Mar 2, 2026 Alice <alice@example.com> wrote:\n",
    "header blocks": "From: Alice\nSent: Monday\nTo: Dana\nSubject: Printer\n",
    "labels alone": "From: x\n",
    "originals": "-----Original Message-----\n",
    "mobile signatures": "-- \nSent from my iPhone\n",
}
_PAGES = {
    "brackets": "<",
    "open blocks": "<div>",
    "open quotes": "<blockquote>x",
    "comments": "<!-- x --><p>y",
    "attributes": "<a b='c' ",
    "entities": "&amp;&#x41;&nope",
}
# Large enough for the clock and small enough for every run.
_CHARS = 100_000
_RATIO = 2.5
_SECONDS = 2.0


def _cpu(raw: bytes) -> float:
    """The least seconds of three readings: what other work on the machine adds is not the mail's."""
    least = float("inf")
    for _ in range(3):
        began = time.process_time()
        parse(raw)
        least = min(least, time.process_time() - began)
    return least


def _mail(piece: str, chars: int, kind: str) -> bytes:
    return letter("It works.\n" + piece * (chars // len(piece)), kind=f"{kind}; charset=utf-8")


@pytest.mark.parametrize(
    ("piece", "kind"),
    [pytest.param(piece, "text/plain", id=name) for name, piece in _REPLIES.items()]
    + [pytest.param(piece, "text/html", id=name) for name, piece in _PAGES.items()],
)
def test_time_grows_with_length_only(piece: str, kind: str) -> None:
    # A busy machine spoils a measure now and then, never each of four.
    seen: list[tuple[float, float]] = []
    for _ in range(4):
        seen.append((_cpu(_mail(piece, _CHARS, kind)), _cpu(_mail(piece, 2 * _CHARS, kind))))
        once, twice = seen[-1]
        # Below a hundredth of a second the clock says nothing about growth.
        if twice <= _SECONDS and (twice <= 0.01 or twice / once <= _RATIO):
            return
    pytest.fail(f"seconds for n and 2n: {seen}")
