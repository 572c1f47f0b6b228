"""What a search finds: words in all their forms, operators, slips; in which order, page by page, in what time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, event, func, literal, select, text

from tests.people import World, open_for
from ticketdesk.core import fulltext
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.fulltext import TooSlow
from ticketdesk.tickets import (
    assignment,
    flags,
    following,
    indexing,
    merging,
    noting,
    progress,
    receiving,
    redacting,
    replying,
    requesting,
    searching,
    spelling,
    tagging,
)
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.search_conditions import Asker
from ticketdesk.tickets.search_query import understand
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.searching import Found
from ticketdesk.tickets.ticket import Ticket

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def ask(world: World, words: str, who: str = "alice", after: str | None = None) -> Found:
    return searching.search(understand(words), world.agent(who), NOON, UTC, after=after)


def subjects(world: World, words: str, who: str = "alice") -> list[str]:
    ids = [hit.ticket_id for hit in ask(world, words, who).hits]
    by_id = dict(db.session.execute(select(Ticket.id, Ticket.subject).where(Ticket.id.in_(ids))).all())
    return [by_id[ticket_id] for ticket_id in ids]


def say(world: World, subject: str, words: str = "Please help.", at: datetime = NOON, **letter: object) -> Ticket:
    """dana opens a ticket in Care with these words."""
    ticket = open_for(world, world.care_queue, subject, at)
    receiving.receive(ticket, world.dana, Letter("email", words, subject=subject, **letter), at, opens=True)  # type: ignore[arg-type]
    db.session.flush()
    return ticket


@pytest.fixture
def chair(world: World) -> Ticket:
    return say(world, "The armrest came off", "Two screws are loose since Sunday. Crème brûlée was spilled, too.")


@pytest.fixture
def table(world: World) -> Ticket:
    return say(
        world, "Delivery of a table", "When will it be delivered?", files=[NewFile("plan-of-room.pdf", "x", b"x")]
    )


ASKED = [
    ("armrest", ["chair"]),
    ("ARMREST screws", ["chair"]),
    ("screw", ["chair"]),  # by its form
    ("screwing", ["chair"]),
    ("deliveries", ["table"]),
    ("armr", ["chair"]),  # by its beginning
    ("ar", []),  # too short to be a beginning
    ("creme brulee", ["chair"]),
    ("CRÈME", ["chair"]),
    ('"came off"', ["chair"]),
    ('"off came"', []),
    ('"screw"', []),  # a phrase is meant as it stands
    ("dana", ["table", "chair"]),
    ("dana@customer.example", ["table", "chair"]),
    ("customer.example", ["table", "chair"]),
    ("plan-of-room.pdf", ["table"]),
    ("room", ["table"]),
    ("armrest table", []),
    ("armrest -sunday", []),
    ("dana -armrest", ["table"]),
    ("-armrest", ["table"]),
    ("has:attachment", ["table"]),
    ("-has:attachment dana", ["chair"]),
    ("from:dana armrest", ["chair"]),
    ("from:eve", []),
    ("from:customer", ["table", "chair"]),
    ("to:dana", []),
    ("channel:mail dana", ["table", "chair"]),
    ("channel:chat dana", []),
    ("after:2026-03-04 dana", ["table", "chair"]),
    ("before:2026-03 dana", []),
    ("status:new", ["table", "chair"]),
    ("status:solved", []),
    ("status:solved status:new", ["table", "chair"]),
    ("status:unsolved queue:care", ["table", "chair"]),
    ("queue:orders", []),
    ("assignee:nobody", ["table", "chair"]),
    ("assignee:me", []),
    ("is:unread", ["table", "chair"]),
    ("tag:vip", []),
    ("!!!", []),
    ("!!! armrest", ["chair"]),
    ("from:!!!", []),
]


def test_what_is_asked_for_is_found(world: World, chair: Ticket, table: Ticket) -> None:
    names = {chair.subject: "chair", table.subject: "table"}
    found = [(words, [names[subject] for subject in subjects(world, words)]) for words, _ in ASKED]
    assert found == ASKED


def test_a_number_is_that_of_a_ticket_and_a_word(world: World, chair: Ticket) -> None:
    say(world, f"About {chair.number} again")
    assert subjects(world, f"#{chair.number}") == [chair.subject]
    assert subjects(world, str(chair.number)) == [chair.subject, f"About {chair.number} again"]
    assert subjects(world, f"#{chair.number}", "carol") == []


def test_answers_and_notes_are_found_by_who_wrote_them_and_to_whom(world: World, chair: Ticket) -> None:
    replying.reply(chair, world.alice, "Send us a photograph.", to=[("dana@customer.example", "Dana")], at=NOON)
    noting.note(chair, world.bob, "The warranty ended.", at=NOON)
    tagging.change_tags(chair, ["vip"], [], SYSTEM, NOON)
    db.session.flush()
    for words in ("photograph", "warranty", "from:bob warranty", "to:dana from:alice", "tag:vip", "assignee:alice"):
        assert subjects(world, words) == [chair.subject], words
    for words in ("from:alice warranty", "to:dana warranty", "-tag:vip armrest", "assignee:bob", "-from:bob armrest"):
        assert subjects(world, words) == [], words


def test_what_nobody_should_read_is_not_found(world: World, chair: Ticket, table: Ticket) -> None:
    held = receiving.receive(chair, world.eve, Letter("email", "A secret of a stranger"), NOON)
    assert subjects(world, "stranger") == []
    receiving.accept(held.id, world.alice.actor, NOON)
    assert subjects(world, "stranger") == [chair.subject]
    redacting.redact(held.id, world.alice.actor, NOON)
    assert subjects(world, "stranger") == []
    replying.tell_automatically(chair, "We have received it.", [("dana@customer.example", "")], "test", NOON)
    assert subjects(world, "received") == []
    flags.trash(table, SYSTEM, NOON)
    assert subjects(world, "table") == []
    flags.restore(table, SYSTEM, NOON)
    flags.mark_spam(table, SYSTEM, NOON)
    assert subjects(world, "table") == []
    assert subjects(world, "table is:spam") == [table.subject]


def test_only_what_the_agent_may_see(world: World, chair: Ticket) -> None:
    assert subjects(world, "armrest", "bob") == subjects(world, "armrest", "ada") == [chair.subject]
    assert subjects(world, "armrest", "carol") == subjects(world, "status:new", "carol") == []
    following.follow(chair, world.carol, SYSTEM, NOON)
    assert subjects(world, "armrest", "carol") == [chair.subject]
    assert subjects(world, "queue:care", "carol") == []  # a queue whose name she does not know
    world.alice.disabled_at = NOON
    assert subjects(world, "armrest") == []


def test_words_follow_their_ticket_through_merging_and_back(world: World, chair: Ticket, table: Ticket) -> None:
    merging.merge(chair, table, SYSTEM, NOON)
    assert subjects(world, "screws") == subjects(world, "armrest") == [table.subject]
    merging.undo(chair, SYSTEM, NOON + timedelta(minutes=1))
    assert subjects(world, "screws") == [chair.subject]


def test_a_forwarded_mail_is_found_by_its_original_sender(world: World) -> None:
    ticket = say(world, "Fwd: Wobbly stool", "See below.")
    forwarded = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    original = requesting.Original(world.eve, "Wobbly stool", "It wobbles.")
    requesting.change(ticket, forwarded, original, SYSTEM, NOON)
    db.session.flush()
    assert subjects(world, "from:eve wobbles") == subjects(world, "eve below") == ["Wobbly stool"]
    requesting.give_back(ticket, forwarded, SYSTEM, NOON)
    db.session.flush()
    assert subjects(world, "eve") == []


def test_the_best_and_newest_come_first(world: World) -> None:
    say(world, "A lamp", "It flickers now and then.", NOON - timedelta(days=400))
    say(world, "Flickers", "See the subject.", NOON - timedelta(days=1))
    say(world, "Another lamp", "It flickers now and then.", NOON)
    say(world, "Third lamp", "Flickersome it is, and flickersome it was.", NOON)
    assert subjects(world, "flickers") == ["Flickers", "Another lamp", "Third lamp", "A lamp"]


def test_a_slip_of_the_keys_is_mended_where_nothing_else_is_found(world: World, chair: Ticket) -> None:
    say(world, "Armrest again")
    spelling.learn()
    found = ask(world, "armrset dana")
    assert found.corrected == (("armrset", "armrest"),)
    assert len(found.hits) == 2
    assert ask(world, "armrset", "carol").corrected == ()  # nothing is told of what she cannot see
    assert ask(world, "armrest").corrected == ()
    assert ask(world, "zzzzzz").hits == ()


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("armrset", "armrest", 1), ("armest", "armrest", 1), ("", "ab", 2), ("same", "same", 0), ("lamp", "lump", 1)],
)
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert spelling.slips(one, other) == spelling.slips(other, one) == slips


@pytest.mark.parametrize("rare", [True, False])
def test_pages_follow_each_other_through_windows(world: World, monkeypatch: pytest.MonkeyPatch, rare: bool) -> None:
    monkeypatch.setattr(searching, "PAGE", 3)
    monkeypatch.setattr(searching, "WINDOW", 7)
    monkeypatch.setattr(searching, "WINDOW_OF_TICKETS", 5)
    monkeypatch.setattr(searching, "_is_rare", lambda asked: rare)
    tickets = [say(world, f"Lamp {number}", at=NOON - timedelta(hours=number)) for number in range(12)]
    for ticket in tickets[::2]:
        receiving.receive(ticket, world.dana, Letter("email", "The lamp again"), NOON)
    db.session.flush()
    for words in ("lamp", "status:new"):
        shown: list[int] = []
        after = None
        while True:
            found = ask(world, words, after=after)
            shown += [hit.ticket_id for hit in found.hits]
            after = found.after
            if after is None:
                break
        assert sorted(shown) == sorted(ticket.id for ticket in tickets), words


@pytest.mark.parametrize("key", ["", "x", "%%%", "MjAyNg", "MjAyNi0wMy0wNCAxIDEgMQ", "e30"])
def test_a_made_up_place_is_refused(world: World, key: str) -> None:
    with pytest.raises(Invalid):
        ask(world, "lamp", after=key)


@pytest.mark.parametrize("words", ["before:soon", "after:2026-13", "has:legs", "is:late", "channel:pigeon"])
def test_an_operator_that_says_nothing_is_told_and_nothing_is_searched(world: World, chair: Ticket, words: str) -> None:
    found = ask(world, f"armrest {words}")
    assert [problem.operator for problem in found.problems] == [words.partition(":")[0]]
    assert found.hits == ()


def test_a_search_is_bounded_in_time(world: World, chair: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = lambda agent: func.pg_sleep(5).is_(None)  # noqa: E731
    monkeypatch.setattr(searching.visibility, "sees", slow)
    with pytest.raises(TooSlow):
        searching.search(understand("armrest"), world.alice, NOON, UTC, patience_ms=100)
    monkeypatch.undo()
    assert subjects(world, "armrest") == [chair.subject]  # the session goes on
    assert db.session.scalar(text("SHOW statement_timeout")) == "0"


def test_the_plan_uses_the_index(world: World, chair: Ticket) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "looked_at" in statement:
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask(world, "armrest")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    # For two rows any other way would be quicker: these are not there now.
    db.session.execute(text("DROP INDEX ix_search_rows_ticket_id"))
    for way in ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan"):
        db.session.execute(select(func.set_config(way, "off", True)))
    statement, parameters = asked[0]
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    assert any("ix_search_rows_words" in line for line in plan)


def test_languages_here_and_in_the_database_are_the_same(world: World) -> None:
    for code, rules in fulltext.CONFIGURATIONS.items():
        assert db.session.scalar(select(func.search_rules(literal(f"{code}_XX")).cast(db.Text))) == rules
    assert db.session.scalar(select(func.search_rules(literal("xx")).cast(db.Text))) == "simple"


def test_words_are_found_in_the_brands_language(world: World) -> None:
    world.brand.locale = "de_DE"
    db.session.flush()
    say(world, "Lieferungen an die Wunschadresse")
    assert subjects(world, "Lieferung") == ["Lieferungen an die Wunschadresse"]


def test_everything_can_be_made_anew(world: World, chair: Ticket, table: Ticket) -> None:
    replying.reply(chair, world.alice, "Answer.", to=[("dana@customer.example", "Dana")], at=NOON)
    receiving.receive(chair, world.eve, Letter("email", "held"), NOON)
    replying.tell_automatically(chair, "We have it.", [("dana@customer.example", "")], "test", NOON)
    db.session.flush()
    before = db.session.execute(select(SearchRow.__table__).order_by(SearchRow.message_id)).all()
    assert len(before) == 3
    assert indexing.rebuild(0, indexing.last_message()) == 3
    assert db.session.execute(select(SearchRow.__table__).order_by(SearchRow.message_id)).all() == before


def test_what_is_longer_than_can_be_indexed_is_no_fault(world: World) -> None:
    say(world, "Long", "x" * 200_000)
    say(world, "Many", " ".join(f"w{number}" for number in range(60_000)))
    say(world, "Wide", "ﷺ" * 30_000)
    assert subjects(world, "w77") == ["Many"]


def test_solved_and_mine(world: World, chair: Ticket) -> None:
    assignment.assign(chair, world.alice, SYSTEM, NOON)
    progress.solve(chair, SYSTEM, NOON)
    db.session.flush()
    assert subjects(world, "assignee:me status:solved") == [chair.subject]
    assert subjects(world, "assignee:me -status:solved") == []


def test_words_that_nearly_every_message_has_are_walked_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner's own figures decide, by the words as they were typed: of beginnings it knows nothing."""
    asked = searching._asked(understand("armrest from:dana"), Asker(world.alice, UTC))
    expected = {"few": 900, "all": 1_000_000}
    monkeypatch.setattr(
        searching,
        "rows_expected",
        lambda *statements: [expected["few" if "@@" in str(one) else "all"] for one in statements],
    )
    assert searching._is_rare(asked)
    expected["few"] = 10_000
    assert searching._is_rare(asked)
    expected["few"] = 10_001
    assert not searching._is_rare(asked)
    expected["all"] = expected["few"] = 1_000
    assert searching._is_rare(asked), "of few messages all can be looked up"


def test_a_word_that_nobody_knows_is_rare_in_all_its_forms(
    world: World, chair: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is expected of each form of an unknown word would add up to a word that many have."""
    asked = searching._asked(understand("delivering chairs"), Asker(world.alice, UTC))
    found: list[str] = []

    def expected(everything: Select[int], *ways: Select[int]) -> list[int]:
        found.extend(" ".join(map(str, way.compile().params.values())) for way in ways)
        return [1_000_000, *(6_000 for _ in ways)]

    monkeypatch.setattr(searching, "rows_expected", expected)
    assert searching._is_rare(asked)
    assert [way.count("|") for way in found] == [0] * 3
    assert sum("english:deliv" in way for way in found) == 1
