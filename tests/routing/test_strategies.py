"""Who comes first among those who can take a ticket, told by numbers alone."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.sla.test_purity import FORBIDDEN, imported
from ticketdesk.routing.strategies import STRATEGIES, Candidate, choose, rank

T0 = datetime(2026, 3, 4, 10, tzinfo=UTC)
EARLIER = T0 - timedelta(minutes=1)


def order(strategy: str, *candidates: Candidate) -> list[int]:
    return [one.agent_id for one in rank(strategy, candidates)]


def test_in_turn_whoever_got_none_for_longest_comes_first() -> None:
    assert order("round_robin", Candidate(1, last_at=T0), Candidate(2, last_at=EARLIER), Candidate(3)) == [3, 2, 1]


def test_in_turn_what_was_given_at_one_moment_keeps_its_order() -> None:
    assert order("round_robin", Candidate(1, last_at=T0, last_id=8), Candidate(2, last_at=T0, last_id=7)) == [2, 1]


def test_in_turn_the_lower_number_decides_between_equals() -> None:
    assert order("round_robin", Candidate(2), Candidate(1)) == [1, 2]


def test_fewest_open_counts_all_channels_by_weight() -> None:
    assert order("fewest_open", Candidate(1, burden=400), Candidate(2, burden=320), Candidate(3, burden=340)) == [
        2,
        3,
        1,
    ]


def test_fewest_open_takes_turns_between_equals() -> None:
    assert order("fewest_open", Candidate(1, burden=100, last_at=T0), Candidate(2, burden=100, last_at=EARLIER)) == [
        2,
        1,
    ]


def test_most_spare_compares_percent_and_not_tickets() -> None:
    many, few = Candidate(1, load=1000, most=20), Candidate(2, load=100, most=3)
    assert (many.spare, few.spare) == (Fraction(50), Fraction(200, 3))
    assert order("most_spare", many, few) == [2, 1]


def test_nothing_of_nothing_is_free() -> None:
    assert Candidate(1, most=0).spare == 0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_those_who_cannot_take_it_come_last(strategy: str) -> None:
    assert order(strategy, Candidate(1, "full"), Candidate(2, last_at=T0, burden=900)) == [2, 1]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_whom_a_ticket_need_not_wait_for_comes_before_those_who_were_asked_later(strategy: str) -> None:
    assert order(strategy, Candidate(1, patience=10), Candidate(2, last_at=T0, burden=900, load=90)) == [2, 1]


@pytest.mark.parametrize(
    ("candidates", "knows", "chosen"),
    [
        ([], None, (None, "nobody")),
        ([Candidate(1, "offline")], None, (None, "nobody")),
        ([Candidate(1, "offline")], 1, (None, "nobody")),
        ([Candidate(1), Candidate(2, "full")], None, (1, "only_one")),
        ([Candidate(1), Candidate(2)], None, (1, "round_robin")),
        ([Candidate(1), Candidate(2)], 2, (2, "knows_customer")),
        ([Candidate(1), Candidate(2, "full")], 2, (1, "only_one")),
    ],
)
def test_choosing(candidates: list[Candidate], knows: int | None, chosen: tuple[int | None, str]) -> None:
    one, why = choose("round_robin", rank("round_robin", candidates), knows)
    assert (one.agent_id if one else None, why) == chosen


@pytest.mark.parametrize("name", ["strategies", "eligibility", "needs"])
def test_the_rules_reach_neither_flask_nor_the_database(name: str) -> None:
    found = imported(f"ticketdesk.routing.{name}", set())
    assert [one for one in found if one.split(".")[0] in FORBIDDEN or one.startswith("ticketdesk.core.db")] == []
