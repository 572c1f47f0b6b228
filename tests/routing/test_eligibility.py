"""Who may be given a ticket, and why not; and how waiting widens the circle, step by step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ticketdesk.routing import eligibility
from ticketdesk.routing.eligibility import BARS, Rules, Serving, Wish, Worker

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
HEARD_AFTER = NOW - timedelta(seconds=90)
FRENCH, POLISH, BENCHES = 1, 2, 3
CARE, ORDERS, NIGHT = 11, 12, 13


def worker(
    state: str = "online",
    heard: datetime | None = NOW,
    skills: frozenset[int] = frozenset(),
    teams: frozenset[int] = frozenset({CARE}),
    load: int = 0,
    active: bool = True,
) -> Worker:
    return Worker(7, active, teams, {"email": (state, heard)}, skills, {"email": 3}, {"email": load})


RULES = Rules(5, "round_robin", (Serving(CARE),))


def wish(minutes: float = 0, skills: frozenset[int] = frozenset(), skipped_by: frozenset[int] = frozenset()) -> Wish:
    return Wish("email", skills, timedelta(minutes=minutes), skipped_by)


def bar(one: Worker, rules: Rules = RULES, asks: Wish | None = None) -> str | None:
    return eligibility.barred(one, rules, asks or wish(), HEARD_AFTER)


@pytest.mark.parametrize(
    ("one", "rules", "asks", "why"),
    [
        (worker(), RULES, wish(), None),
        (worker(active=False), RULES, wish(), "left"),
        (worker(teams=frozenset({ORDERS})), RULES, wish(), "not_in_team"),
        (worker(), replace(RULES, teams=(Serving(CARE, False), Serving(NIGHT))), wish(), "team_closed"),
        (worker(state="offline"), RULES, wish(), "offline"),
        (worker(state="away"), RULES, wish(), "away"),
        (worker(heard=HEARD_AFTER), RULES, wish(), "not_heard"),
        (worker(heard=None), RULES, wish(), "not_heard"),
        (worker(teams=frozenset({NIGHT})), replace(RULES, teams=(Serving(CARE), Serving(NIGHT))), wish(), "team_later"),
        (worker(), RULES, wish(skills=frozenset({FRENCH})), "lacks_skills"),
        (worker(), replace(RULES, required=frozenset({FRENCH})), wish(), "lacks_skills"),
        (worker(skills=frozenset({FRENCH, POLISH})), RULES, wish(skills=frozenset({FRENCH})), None),
        (worker(load=300), RULES, wish(), "full"),
        (worker(load=201), RULES, wish(), "full"),
        (worker(load=200), RULES, wish(), None),
        (worker(), RULES, Wish("chat", frozenset(), timedelta(0)), "offline"),
        (worker(), RULES, wish(skipped_by=frozenset({7})), "skipped"),
        (worker(), RULES, wish(skipped_by=frozenset({8})), None),
    ],
)
def test_each_bar_has_its_reason(one: Worker, rules: Rules, asks: Wish, why: str | None) -> None:
    assert bar(one, rules, asks) == why
    assert why is None or why in BARS


def test_an_agent_with_a_number_of_nothing_gets_nothing() -> None:
    one = worker()
    one.most = {"email": 0}
    assert bar(one) == "full"


RELAXING = replace(
    RULES, required=frozenset({FRENCH}), gives_way={BENCHES: 1, POLISH: 2}, relax_after=10, next_team_after=5
)


@pytest.mark.parametrize(
    ("skills", "minutes", "given_up"),
    [
        ({FRENCH, POLISH, BENCHES}, 9.9, ()),
        ({FRENCH, POLISH, BENCHES}, 10, (BENCHES,)),
        ({FRENCH, POLISH, BENCHES}, 20, (BENCHES, POLISH)),
        ({FRENCH, POLISH}, 10, ()),
        ({FRENCH}, 500, ()),
    ],
)
def test_skills_give_way_in_their_order(skills: set[int], minutes: float, given_up: tuple[int, ...]) -> None:
    assert RELAXING.given_up(frozenset(skills), timedelta(minutes=minutes)) == given_up


@pytest.mark.parametrize(
    ("has", "from_minute"),
    [
        ({FRENCH, POLISH, BENCHES}, 0),
        ({FRENCH, POLISH}, 10),
        ({FRENCH, BENCHES}, 20),
        ({FRENCH}, 20),
        ({POLISH, BENCHES}, None),
        (set(), None),
    ],
)
def test_who_lacks_a_skill_is_asked_when_it_has_given_way(has: set[int], from_minute: int | None) -> None:
    one, skills = worker(skills=frozenset(has)), frozenset({POLISH, BENCHES})
    for minute in range(0, 40, 2):
        may = from_minute is not None and minute >= from_minute
        assert bar(one, RELAXING, wish(minute, skills)) == (None if may else "lacks_skills")
    assert eligibility.least_patience(one, RELAXING, "email", skills, HEARD_AFTER) == from_minute


def test_nothing_gives_way_where_no_minutes_are_said() -> None:
    rules = replace(RELAXING, relax_after=0)
    assert bar(worker(skills=frozenset({FRENCH})), rules, wish(9999, frozenset({POLISH}))) == "lacks_skills"


def test_the_next_open_team_is_asked_when_the_first_has_had_its_minutes() -> None:
    rules = replace(RULES, teams=(Serving(ORDERS, False), Serving(CARE), Serving(NIGHT)), next_team_after=5)
    night, orders = worker(teams=frozenset({NIGHT})), worker(teams=frozenset({ORDERS}))
    assert [bar(night, rules, wish(minutes)) for minutes in (0, 4.9, 5, 50)] == ["team_later", "team_later", None, None]
    assert bar(orders, rules, wish(500)) == "team_closed"
    assert bar(worker(), rules, wish()) is None
    assert rules.asked_teams(timedelta(minutes=4)) == (CARE,)
    assert rules.asked_teams(timedelta(minutes=5)) == (CARE, NIGHT)


def test_an_agent_of_two_teams_counts_for_the_first_that_is_open() -> None:
    rules = replace(RULES, teams=(Serving(CARE), Serving(NIGHT)))
    assert bar(worker(teams=frozenset({CARE, NIGHT})), rules) is None
    assert (
        bar(worker(teams=frozenset({CARE, NIGHT})), replace(rules, teams=(Serving(CARE, False), Serving(NIGHT))))
        is None
    )


def test_all_open_teams_are_asked_at_once_where_no_minutes_are_said() -> None:
    rules = replace(RULES, teams=(Serving(CARE), Serving(NIGHT)), next_team_after=0)
    assert bar(worker(teams=frozenset({NIGHT})), rules) is None
    assert rules.asked_teams(timedelta(0)) == (CARE, NIGHT)


@pytest.mark.parametrize(
    ("load", "weights", "burden"),
    [({}, {}, 0), ({"email": 120}, {"email": 1, "chat": 3}, 120), ({"email": 120, "chat": 100}, {"chat": 3}, 420)],
)
def test_a_burden_adds_up_all_channels(load: dict[str, int], weights: Mapping[str, int], burden: int) -> None:
    one = worker()
    one.load = load
    assert one.burden(weights) == burden


def test_what_is_given_counts_at_once() -> None:
    one = worker()
    assert one.room("email") == 3
    for number in range(3):
        assert bar(one) is None
        one.take("email", NOW, number)
    assert (bar(one), one.room("email"), one.last_at) == ("full", 0, NOW)
