"""Writing articles: their addresses, their order, and what is refused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.knowledge import reading, writing
from ticketdesk.knowledge.article import Article, Section
from ticketdesk.knowledge.writing import Words


def written(section: Section, title: str, at: datetime) -> Article:
    return writing.write(section, Words(title, "", "Some words."), SYSTEM, at)


@pytest.fixture
def section(world: World, now: datetime) -> Section:
    return writing.add_section(world.brand.id, "Delivery", "truck", SYSTEM, now)


def test_a_new_article_is_a_draft_that_customers_do_not_see(world: World, section: Section, now: datetime) -> None:
    article = written(section, "Where is my order?", now)
    assert (article.state, article.slug, reading.topics(world.brand.id)) == ("draft", "where-is-my-order", [])
    writing.publish(article, SYSTEM, now)
    assert [topic.name for topic in reading.topics(world.brand.id)] == ["Delivery"]
    writing.withdraw(article, SYSTEM, now)
    assert reading.topics(world.brand.id) == []


@pytest.mark.parametrize(
    ("title", "slug"), [("Größe wählen", "grosse-wahlen"), ("  !? ", "article"), ("日本", "article"), ("A/B", "a-b")]
)
def test_addresses_are_plain(section: Section, now: datetime, title: str, slug: str) -> None:
    assert writing.slug_of(title) == slug


def test_two_articles_of_one_title_have_two_addresses(section: Section, now: datetime) -> None:
    assert [written(section, "Oil", now).slug for _ in range(3)] == ["oil", "oil-2", "oil-3"]


def test_other_words_keep_the_address_and_are_found(world: World, section: Section, now: datetime) -> None:
    article, later = writing.publish(written(section, "Oil", now), SYSTEM, now), now + timedelta(hours=1)
    writing.rewrite(article, section, Words("Wax", "", "Some words."), SYSTEM, later)
    assert (article.slug, article.updated_at) == ("oil", later)
    assert [found.slug for found in reading.search(world.brand.id, "wax")] == ["oil"]
    assert reading.search(world.brand.id, "oil") == []


def test_a_move_changes_the_order_and_stops_at_the_ends(section: Section, now: datetime) -> None:
    one, two, three = (written(section, title, now) for title in ("one", "two", "three"))
    writing.move(three, "up", SYSTEM, now)
    writing.move(one, "up", SYSTEM, now)
    assert sorted((one, two, three), key=lambda article: article.position) == [one, three, two]


def test_an_article_moves_to_the_end_of_another_section(world: World, section: Section, now: datetime) -> None:
    other = writing.add_section(world.brand.id, "Care", "chair", SYSTEM, now)
    written(other, "first", now)
    moved = writing.rewrite(written(section, "second", now), other, Words("second", "", ""), SYSTEM, now)
    assert (moved.section_id, moved.position) == (other.id, 1)


def test_a_section_with_articles_stays(section: Section, now: datetime) -> None:
    article = written(section, "Oil", now)
    with pytest.raises(Conflict):
        writing.remove_section(section, SYSTEM, now)
    db.session.delete(article)
    db.session.flush()
    writing.remove_section(section, SYSTEM, now)
    assert db.session.scalar(select(func.count()).select_from(Section)) == 0


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (Words(" ", "", ""), "title"),
        (Words("x" * 161, "", ""), "title"),
        (Words("x", "x" * 241, ""), "summary"),
        (Words("x", "", "x" * 60_001), "body"),
    ],
)
def test_words_that_do_not_fit_are_refused(section: Section, now: datetime, words: Words, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        writing.write(section, words, SYSTEM, now)
    assert refused.value.field == field


def test_every_change_is_noted(section: Section, now: datetime) -> None:
    article = writing.publish(written(section, "Oil", now), SYSTEM, now)
    writing.publish(article, SYSTEM, now)
    noted = select(AuditEntry.action).where(AuditEntry.subject == "article").order_by(AuditEntry.id)
    assert db.session.scalars(noted).all() == ["article_written", "article_published"]
