"""Chats over bad lines while everything breaks: each acknowledged message is there once, in order, on both sides.

Some keep a second window open, which shows only what the bell leads to: that must be all there is.

A minute in every long run, two at most where the machine is busy; TICKETDESK_CHAOS_S asks for another length in
seconds, TICKETDESK_CHAOS_SEED for another course of events.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

import pytest

from tests.flows.chatting import SAID, Clerk, Line, Visitor, unheard
from tests.flows.hearing import SecondDesk, SecondWindow
from tests.product import PROCESSES, Product, installed, until

log = logging.getLogger(__name__)

LENGTH = float(os.environ.get("TICKETDESK_CHAOS_S", "60"))
SEED = int(os.environ.get("TICKETDESK_CHAOS_SEED", "7"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2 * LENGTH + 420),
    # what the socket's client leaves to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
]

SET_UP = """
from datetime import UTC, datetime, timedelta
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.demo import company, furnishing
with create_app().app_context():
    at = datetime.now(UTC) - timedelta(days=1)
    firm = company.found(at, at)
    print(furnishing.furnish(firm, at).widgets[furnishing.CARE].key)
    db.session.commit()
"""
VISITORS = ("una", "vera", "wim", "xenia", "yves", "zoe")
PACE = 2.5
"""Seconds between two messages of one person: more than thirty a minute are refused."""
BETWEEN = 4.0
"""Seconds between two disturbances."""
BREATH = 0.85
"""So often everything comes up again before the next one: on a busy machine nobody would get a word in."""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with installed(PROXY_COUNT="1") as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    return product.script(SET_UP).split()[-1]


def disturb(product: Product, chance: Random, over: threading.Event) -> list[str]:
    """Kill one part after the other and let Redis forget, in an order that the seed decides; returns what was done."""
    done = []
    while not over.wait(BETWEEN * (0.5 + chance.random())):
        what = chance.choice([*PROCESSES, "forget", "web", "redis"])
        done.append(what)
        if what == "forget":
            product.empty_redis()
        else:
            product.kill(what)
        if chance.random() < BREATH:
            until(product.is_ready, f"up again after {what}")
    return done


def chat(visitor: Visitor, over: threading.Event) -> None:
    """Write, look, read, leave and come back until it is over."""
    chance = visitor.line.chance
    visitor.begin(**({"email": f"{visitor.name}@customer.test"} if chance.random() < 0.5 else {}))
    visitor.say()
    while not over.is_set():
        over.wait(PACE * (0.8 + chance.random()))
        what = chance.random()
        with unheard():
            visitor.look()
            if what < 0.1:
                visitor.leave()
                over.wait(chance.random() * PACE)
            elif what < 0.5:
                visitor.read()
        visitor.say()


def ticket_of(product: Product, visitor: Visitor) -> int:
    """The number of the one ticket in which the visitor's first words stand; 0 until it is there."""
    rows = product.rows(
        "SELECT DISTINCT t.number FROM messages m JOIN placements p ON p.message_id = m.id AND p.ended_at IS NULL"
        " JOIN tickets t ON t.id = p.ticket_id WHERE m.text LIKE %s",
        f"said-{visitor.name}-%",
    )
    assert len(rows) <= 1, f"{visitor.name} speaks in {rows}"
    return int(rows[0][0]) if rows else 0


def serve(product: Product, clerk: Clerk, visitors: list[Visitor], over: threading.Event) -> None:
    """Answer whoever waits until it is over."""
    clerk.sign_in()
    numbers: dict[str, int] = {}
    while not over.is_set():
        visitor = clerk.line.chance.choice(visitors)
        if visitor.name not in numbers:
            numbers[visitor.name] = until(partial(ticket_of, product, visitor), f"a ticket for {visitor.name}")
        clerk.open_up(numbers[visitor.name])
        clerk.answer(numbers[visitor.name])
        over.wait(PACE / 3 * (0.5 + clerk.line.chance.random()))


def test_each_word_is_there_once_and_in_order_on_both_sides(product: Product, key: str) -> None:
    chance = Random(SEED)  # a course of events that can be had again

    def own() -> Random:
        return Random(chance.random())

    def line(number: int) -> Line:
        return Line(product.url, f"203.0.113.{number}", own())

    visitors = [Visitor(name, key, line(number)) for number, name in enumerate(VISITORS, 1)]
    clerks = [Clerk(name, line(100 + number)) for number, name in enumerate(("alice", "bob"))]
    windows = [SecondWindow(visitor, own()) for visitor in visitors[::2]]  # the others can be gone, and get mail
    desks = [SecondDesk(clerk, own()) for clerk in clerks]
    over, hung_up = threading.Event(), threading.Event()
    with ThreadPoolExecutor(len(visitors) + len(clerks) + len(windows) + len(desks) + 1) as crowd:
        listening = [crowd.submit(one.listen, hung_up) for one in [*windows, *desks]]
        try:
            people = [crowd.submit(chat, visitor, over) for visitor in visitors]
            people += [crowd.submit(serve, product, clerk, visitors, over) for clerk in clerks]
            trouble = crowd.submit(disturb, product, chance, over)
            ends = time.monotonic() + LENGTH
            while not any(one.done() for one in [*people, *listening, trouble]):
                left = ends - time.monotonic()
                if left < -LENGTH or (left < 0 and min(counted(visitors, clerks)) > LENGTH / 10):
                    break
                time.sleep(0.2)
            over.set()
            for one in [*people, trouble]:
                one.result()
            calm([*visitors, *clerks, *(window.shown for window in windows), *(desk.shown for desk in desks)])
            for visitor in visitors:
                compare(product, visitor, clerks)
            for window in windows:
                until(partial(is_heard, product, window), f"all that the bell leads {window.visitor.name} to")
            for desk in desks:
                until(partial(is_shown, product, desk), f"all that the bell leads {desk.clerk.name} to")
        finally:
            over.set()
            hung_up.set()
        for one in listening:
            one.result()
    settled(product)
    for person in [*visitors, *clerks]:
        person.line.client.close()
    for second in [*windows, *desks]:
        second.shown.line.client.close()
        assert second.shown.doubled_in_all() == []
        assert second.rings > 0, "it never rang"
    said = counted(visitors, clerks)
    rings = sum(one.rings for one in [*windows, *desks])
    broken = sum(one.socket.broken for one in [*windows, *desks])
    course = " ".join(trouble.result())
    log.info("%s messages of visitors, %s of agents; %s rings, %s times cut off; %s", *said, rings, broken, course)
    assert min(said) > LENGTH / 30, "too little was said to tell anything"
    assert broken > 0, "no socket was open when the web was killed"


def counted(visitors: list[Visitor], clerks: list[Clerk]) -> tuple[int, int]:
    """How many messages of visitors and of agents were acknowledged."""
    return sum(len(visitor.said) for visitor in visitors), sum(clerk.count for clerk in clerks)


def calm(people: Sequence[Visitor | Clerk]) -> None:
    """From here on every line is good."""
    for person in people:
        person.line.is_bad = False


def stored_in(product: Product, number: int) -> list[str]:
    """What people said in a ticket, in its order."""
    return [
        re.findall(SAID, str(row[0]))[0]
        for row in product.rows(
            "SELECT m.text FROM messages m JOIN placements p ON p.message_id = m.id AND p.ended_at IS NULL"
            " JOIN tickets t ON t.id = p.ticket_id WHERE t.number = %s AND NOT m.automatic"
            " ORDER BY p.written_at, p.message_id",
            number,
        )
    ]


def is_heard(product: Product, window: SecondWindow) -> bool:
    """Whether a window that only listens shows the whole talk."""
    return window.talk == stored_in(product, ticket_of(product, window.visitor))


def is_shown(product: Product, desk: SecondDesk) -> bool:
    """Whether a desk that only listens shows every chat up to its end."""
    shown = {one.number: [one.parts[part] for part in sorted(one.parts)] for one in desk.shown.open.values()}
    ends = {number: stored_in(product, number) for number in desk.clerk.open}
    return set(shown) == set(ends) and all(shown[one] and ends[one][-len(shown[one]) :] == shown[one] for one in ends)


def compare(product: Product, visitor: Visitor, clerks: list[Clerk]) -> None:
    """One talk: as its visitor sees it, as the agents see it, and as it is stored."""
    number = ticket_of(product, visitor)
    stored = stored_in(product, number)
    answered = {clerk.name: clerk.open[number].said if number in clerk.open else [] for clerk in clerks}
    assert len(stored) == len(set(stored)), "something is stored twice"
    assert [one for one in stored if one.startswith(f"said-{visitor.name}-")] == visitor.said
    for name, said in answered.items():
        assert [one for one in stored if one.startswith(f"said-{name}-")] == said
    assert set(stored) == {*visitor.said, *(one for said in answered.values() for one in said)}

    before = 0
    while len(visitor.seen) > before or before == 0:  # page by page
        before = len(visitor.seen)
        visitor.line.until(lambda: visitor.look() is None, "the rest of the talk")
    assert visitor.doubled == []
    assert visitor.talk == stored
    for clerk in clerks:
        if number in clerk.open:
            shown = clerk.look(number)
            assert shown.doubled == []
            assert [shown.parts[part] for part in sorted(shown.parts)] == stored[-len(shown.parts) :]


def settled(product: Product) -> None:
    """Afterwards: no gap in any history, nothing given up, nothing sent twice, nobody read what is not there."""
    until(
        lambda: not product.rows("SELECT 1 FROM outbox WHERE state IN ('queued', 'claimed') AND due_at < now()"),
        "all work done",
        120,
    )
    assert product.rows("SELECT ticket_id FROM events GROUP BY ticket_id HAVING max(seq) <> count(*)") == []
    assert product.rows("SELECT id, task, error FROM outbox WHERE state IN ('failed', 'parked')") == []
    sent = [word for mail in product.sent() for word in re.findall(SAID, mail.get_body(("plain",)).get_content())]  # type: ignore[union-attr]
    assert len(sent) == len(set(sent)), "words went by mail twice"
    newest = product.rows("SELECT coalesce(max(id), 0) FROM messages")[0][0]
    assert product.rows("SELECT id FROM visitors WHERE read_id > %s", newest) == []
