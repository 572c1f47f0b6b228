"""Writing articles: their words, their place, and whether customers see them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Select, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import REGCONFIG

from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.knowledge import languages
from ticketdesk.knowledge.article import Article, Section

LONGEST_TITLE = 160
LONGEST_SUMMARY = 240
LONGEST_BODY = 60_000
LONGEST_SLUG = 80
LONGEST_SECTION = 60
CLIP = 200_000
"""Bytes of an article that are searched: less than what one index entry holds."""

_WEIGHTS: tuple[ColumnElement[str], ...] = (
    literal_column("'A'::\"char\""),
    literal_column("'B'::\"char\""),
    literal_column("'C'::\"char\""),
)

Direction = Literal["up", "down"]
Ordered = TypeVar("Ordered", Section, Article)


@dataclass(frozen=True, slots=True)
class Words:
    """What an article says."""

    title: str
    summary: str
    body: str
    language: str = "en"


def add_section(brand_id: int, name: str, icon: str, by: Actor, at: datetime) -> Section:
    """A new section at the end of the help centre; raises Invalid for an empty name."""
    section = Section(
        brand_id=brand_id,
        name=_line(name, LONGEST_SECTION, "name"),
        icon=icon,
        position=_after_the_last(select(func.max(Section.position)).where(Section.brand_id == brand_id)),
        created_at=at,
    )
    db.session.add(section)
    db.session.flush()
    audit.note("section_added", "article_section", section.id, by, at)
    return section


def change_section(section: Section, name: str, icon: str, by: Actor, at: datetime) -> Section:
    """Call a section something else; raises Invalid for an empty name."""
    section.name, section.icon = _line(name, LONGEST_SECTION, "name"), icon
    audit.note("section_changed", "article_section", section.id, by, at)
    return section


def remove_section(section: Section, by: Actor, at: datetime) -> None:
    """Take an empty section away; raises Conflict while articles stand in it."""
    if db.session.scalar(select(Article.id).where(Article.section_id == section.id).limit(1)) is not None:
        raise Conflict("There are articles in this section. Put them elsewhere first.")
    audit.note("section_removed", "article_section", section.id, by, at)
    db.session.delete(section)


def move_section(section: Section, direction: Direction, by: Actor, at: datetime) -> None:
    """One place up or down among the sections of its brand."""
    order = db.session.scalars(
        select(Section)
        .where(Section.brand_id == section.brand_id)
        .order_by(Section.position, Section.id)
        .with_for_update()
    ).all()
    _swap(list(order), section, direction)
    audit.note("section_moved", "article_section", section.id, by, at, {"direction": direction})


def write(section: Section, words: Words, by: Actor, at: datetime, *, slug: str = "") -> Article:
    """A new draft at the end of its section; raises Invalid for words that are missing or too long."""
    title, summary = _line(words.title, LONGEST_TITLE, "title"), _short(words.summary)
    article = Article(
        brand_id=section.brand_id,
        section_id=section.id,
        title=title,
        slug=_free_slug(section.brand_id, slug or title),
        summary=summary,
        body=_body(words.body),
        language=words.language,
        state="draft",
        position=_after_the_last(select(func.max(Article.position)).where(Article.section_id == section.id)),
        words=_found_by(words),
        created_at=at,
        updated_at=at,
        published_at=None,
    )
    db.session.add(article)
    db.session.flush()
    audit.note("article_written", "article", article.id, by, at)
    return article


def rewrite(article: Article, section: Section, words: Words, by: Actor, at: datetime) -> Article:
    """Other words for an article, which keeps its address; raises Invalid like `write`."""
    title, summary, body = _line(words.title, LONGEST_TITLE, "title"), _short(words.summary), _body(words.body)
    if (title, summary, body, words.language) != (article.title, article.summary, article.body, article.language):
        article.updated_at = at
    article.title, article.summary, article.body, article.language = title, summary, body, words.language
    article.words = _found_by(words)  # reckoned by the database
    if section.id != article.section_id:
        article.section_id = section.id
        article.position = _after_the_last(select(func.max(Article.position)).where(Article.section_id == section.id))
    db.session.flush()
    audit.note("article_rewritten", "article", article.id, by, at)
    return article


def publish(article: Article, by: Actor, at: datetime) -> Article:
    """Let customers read it."""
    if article.state != "published":
        article.state = "published"
        article.published_at = article.published_at or at
        audit.note("article_published", "article", article.id, by, at)
    return article


def withdraw(article: Article, by: Actor, at: datetime) -> Article:
    """Make it a draft again."""
    if article.state != "draft":
        article.state = "draft"
        audit.note("article_withdrawn", "article", article.id, by, at)
    return article


def move(article: Article, direction: Direction, by: Actor, at: datetime) -> None:
    """One place up or down in its section."""
    order = db.session.scalars(
        select(Article)
        .where(Article.section_id == article.section_id)
        .order_by(Article.position, Article.id)
        .with_for_update()
    ).all()
    _swap(list(order), article, direction)
    audit.note("article_moved", "article", article.id, by, at, {"direction": direction})


def slug_of(text: str) -> str:
    """Words as they may stand in an address: lower-case letters and digits without their accents."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "article"


def _swap(order: list[Ordered], moved: Ordered, direction: Direction) -> None:
    place = next(number for number, one in enumerate(order) if one.id == moved.id)
    other = place + (1 if direction == "down" else -1)
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    for number, one in enumerate(order):
        one.position = number


def _found_by(words: Words) -> ColumnElement[str]:
    """By which words it is found: those of the title count most, then those of the summary."""
    configuration = cast(languages.configuration(words.language), REGCONFIG)
    parts = [
        func.setweight(func.to_tsvector(configuration, _clipped(part)), weight)
        for part, weight in zip((words.title, words.summary, words.body), _WEIGHTS, strict=True)
    ]
    return parts[0].op("||")(parts[1]).op("||")(parts[2])


def _clipped(text: str) -> str:
    return text.encode()[:CLIP].decode(errors="ignore")


def _free_slug(brand_id: int, wanted: str) -> str:
    """The address, with a number behind it when another article has it."""
    slug = slug_of(wanted)
    taken = set(
        db.session.scalars(
            select(Article.slug).where(Article.brand_id == brand_id, Article.slug.startswith(slug, autoescape=True))
        )
    )
    return next(
        name for name in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))) if name not in taken
    )


def _after_the_last(highest: Select[int | None]) -> int:
    found = db.session.scalar(highest)
    return 0 if found is None else found + 1


def _line(text: str, longest: int, field: str) -> str:
    plain = " ".join(text.split())
    if not 0 < len(plain) <= longest:
        raise Invalid(f"Between 1 and {longest} letters, please.", field)
    return plain


def _short(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > LONGEST_SUMMARY:
        raise Invalid(f"At most {LONGEST_SUMMARY} letters, please.", "summary")
    return plain


def _body(text: str) -> str:
    body = text.replace("\r\n", "\n").strip()
    if len(body) > LONGEST_BODY:
        raise Invalid(f"At most {LONGEST_BODY:,} letters, please.", "body")
    return body
