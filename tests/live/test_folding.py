"""How often a bell is passed on, in virtual time."""

import itertools
import random

import pytest

from ticketdesk.core.bell import NEWS
from ticketdesk.live.folding import REMEMBERED, Fold, Ring


def busy(topic: str, kind: str, seconds: float, chance: random.Random) -> tuple[list[tuple[float, Ring]], list[int]]:
    """Ring a bell at random moments; what was passed on when, and what was rung."""
    fold, passed, rung, now = Fold(), list[tuple[float, Ring]](), list[int](), 0.0
    while now < seconds:
        now += chance.expovariate(200)
        passed += [(now, ring) for ring in fold.due(now)]
        rung.append(len(rung) + 1)
        told = fold.ring(Ring(topic, rung[-1], kind), now)
        passed += [(now, told)] if told is not None else []
    while (due := fold.next_due()) is not None:
        passed += [(due, ring) for ring in fold.due(due)]
    return passed, rung


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("topic", "kind", "pause"),
    [("queue:3", NEWS, 0.5), ("ticket:abc", NEWS, 0.02), ("ticket:abc", "typing", 0.1), ("talk:abc", NEWS, 0.02)],
)
def test_a_busy_bell_rings_seldom_and_its_last_ring_is_never_lost(
    topic: str, kind: str, pause: float, seed: int
) -> None:
    passed, rung = busy(topic, kind, 5.0, random.Random(seed))
    times = [at for at, _ring in passed]
    assert times[0] < 0.1, "the first rings at once"
    assert all(later - sooner >= pause - 1e-9 for sooner, later in itertools.pairwise(times))
    assert passed[-1][1].seq == rung[-1]
    seqs = [ring.seq or 0 for _at, ring in passed]
    assert seqs == sorted(seqs)


def test_a_queue_rings_at_most_twice_a_second() -> None:
    passed, _rung = busy("queue:3", NEWS, 10.0, random.Random(1))
    assert len(passed) <= 22


def test_what_waits_keeps_the_highest_number_and_none_means_anything() -> None:
    fold = Fold()
    fold.ring(Ring("ticket:a", 1, NEWS), 0.0)
    for seq in (5, 3, 4):
        assert fold.ring(Ring("ticket:a", seq, NEWS), 0.001) is None
    assert [ring.seq for ring in fold.due(1.0)] == [5]
    fold.ring(Ring("ticket:a", 6, NEWS), 1.001)
    fold.ring(Ring("ticket:a", None, NEWS), 1.002)
    assert [ring.seq for ring in fold.due(2.0)] == [None]


def test_news_and_typing_do_not_hold_each_other_up() -> None:
    fold = Fold()
    assert fold.ring(Ring("ticket:a", 1, NEWS), 0.0) is not None
    assert fold.ring(Ring("ticket:a", None, "typing"), 0.0) is not None
    assert fold.ring(Ring("ticket:b", 1, NEWS), 0.0) is not None


def test_what_was_told_lately_is_kept_for_newcomers_and_then_forgotten() -> None:
    fold = Fold()
    fold.ring(Ring("ticket:a", 7, NEWS), 0.0)
    fold.forget(REMEMBERED - 1)
    assert fold.lately("ticket:a") == Ring("ticket:a", 7, NEWS)
    fold.forget(REMEMBERED + 1)
    assert fold.lately("ticket:a") is None
