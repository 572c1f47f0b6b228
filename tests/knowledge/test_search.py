"""What a few words find in the help centre."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.knowledge import reading, writing
from ticketdesk.knowledge.article import Article, ArticleVote, Section
from ticketdesk.knowledge.reading import Piece
from ticketdesk.knowledge.writing import Words

ARTICLES = (
    ("Tighten a loose armrest", "Two minutes with a 5 mm key. Turn the front bolt first.", "Screws work loose.", "en"),
    ("Order a spare armrest, slat or foot", "Free within five years.", "You need the number on the label.", "en"),
    ("Oiling teak in spring", "Once a year is enough.", "Clean it, dry it, oil it. The armrest as well.", "en"),
    ("Lieferung an Ihre Wunschadresse", "Bis zum Vortag möglich.", "Die Lieferungen kommen mit einem Kurier.", "de"),
)


@pytest.fixture
def section(world: World, now: datetime) -> Section:
    found = writing.add_section(world.brand.id, "Care", "chair", SYSTEM, now)
    for title, summary, body, language in ARTICLES:
        writing.publish(writing.write(found, Words(title, summary, body, language), SYSTEM, now), SYSTEM, now)
    return found


def titles(world: World, question: str) -> list[str]:
    return ["".join(piece.words for piece in one.title) for one in reading.search(world.brand.id, question)]


def test_whoever_has_every_word_comes_first_and_the_title_counts_most(world: World, section: Section) -> None:
    assert titles(world, "armrest loose") == [ARTICLES[0][0], ARTICLES[1][0], ARTICLES[2][0]]


def test_words_are_found_by_their_stem_and_by_their_beginning(world: World, section: Section) -> None:
    assert titles(world, "oiled") == [ARTICLES[2][0]]
    assert titles(world, "tight") == [ARTICLES[0][0]]
    assert titles(world, "lieferungen") == [ARTICLES[3][0]]


def test_hits_are_marked_in_pieces_and_no_markup_is_made(world: World, section: Section, now: datetime) -> None:
    words = Words("<b>Wobbly</b> legs", "A <i> wobbly \ue000summary", "", "en")
    writing.publish(writing.write(section, words, SYSTEM, now), SYSTEM, now)
    found = reading.search(world.brand.id, "wobbly")[0]
    assert Piece("Wobbly", is_hit=True) in found.title
    assert "".join(piece.words for piece in found.title) == "<b>Wobbly</b> legs"
    assert [piece.words for piece in found.excerpt if piece.is_hit] == ["wobbly"]


def test_drafts_and_other_brands_are_not_found(world: World, section: Section, now: datetime) -> None:
    draft = db.session.scalars(select(Article).where(Article.title == ARTICLES[0][0])).one()
    writing.withdraw(draft, SYSTEM, now)
    assert ARTICLES[0][0] not in titles(world, "armrest loose")
    assert reading.search(world.brand.id + 1, "armrest") == []
    assert reading.article(world.brand.id, draft.slug) is None


@pytest.mark.parametrize(
    "question",
    ["", " ", "a", "the", "& | ! :* <->", "'; DROP TABLE articles; --", "\\", "²:*", "%_", "\x00", "🪑 ٣ ＡＢ",
     "x" * 5000, "a:* & (b", "it's", "<b>armrest</b>", "-1", "\ud800"],
)  # fmt: skip
def test_no_question_breaks_the_search(world: World, section: Section, question: str) -> None:
    assert isinstance(reading.search(world.brand.id, question), list)


def test_a_question_that_takes_too_long_finds_nothing(
    world: World, section: Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_given: object) -> list[object]:
        db.session.execute(select(func.pg_sleep(5)))
        return []

    monkeypatch.setattr(reading, "_search", slow)
    assert reading.search(world.brand.id, "armrest", patience_ms=50) == []
    assert db.session.scalar(select(func.current_setting("statement_timeout"))) == "0"


def test_the_limit_of_time_ends_with_the_search(world: World, section: Section) -> None:
    assert titles(world, "armrest")
    assert db.session.scalar(select(func.current_setting("statement_timeout"))) == "0"


def test_a_browser_counts_once_and_may_change_its_mind(world: World, section: Section, now: datetime) -> None:
    article = reading.topics(world.brand.id)[0].articles[0]
    for browser, helpful in (("one", True), ("two", True), ("one", False)):
        reading.vote(article, browser, helpful, now)
    assert sorted(db.session.scalars(select(ArticleVote.helpful))) == [False, True]
    assert (reading.voted(article, "one"), reading.voted(article, "two")) == (False, True)
    assert (reading.voted(article, "three"), reading.voted(article, "")) == (None, None)
