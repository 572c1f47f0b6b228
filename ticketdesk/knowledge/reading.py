"""Reading the help centre: its sections, one article, and what a few words find; customers see what is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, cast, func, select
from sqlalchemy.dialects.postgresql import REGCONFIG, insert
from sqlalchemy.orm import joinedload

from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.core.highlighting import Piece
from ticketdesk.knowledge import languages
from ticketdesk.knowledge.article import Article, ArticleVote, Section

LONGEST_QUESTION = 200
MOST_WORDS = 8
MOST_FOUND = 20
SHORTEST_WORD = 2
OPEN, CLOSE = "\ue000", "\ue001"
"""Around a word that was looked for; letters of nobody's alphabet, so that no text can forge them."""
_HEADLINE = f"StartSel={OPEN}, StopSel={CLOSE}, MaxWords=24, MinWords=10"
_WHOLE = f"StartSel={OPEN}, StopSel={CLOSE}, HighlightAll=true"


@dataclass(frozen=True, slots=True)
class Found:
    """An article that a search found."""

    slug: str
    title: list[Piece]
    excerpt: list[Piece]


@dataclass(frozen=True, slots=True)
class Topic:
    """A section with what can be read in it."""

    name: str
    icon: str
    articles: list[Article]


def topics(brand_id: int) -> list[Topic]:
    """The help centre: every section in which there is something to read, in order."""
    rows = db.session.scalars(
        select(Article)
        .join(Section, Section.id == Article.section_id)
        .options(joinedload(Article.section))
        .where(Article.brand_id == brand_id, Article.state == "published")
        .order_by(Section.position, Section.id, Article.position, Article.id)
    )
    found: dict[int, Topic] = {}
    for article in rows:
        section = article.section
        found.setdefault(section.id, Topic(section.name, section.icon, [])).articles.append(article)
    return list(found.values())


def article(brand_id: int, slug: str) -> Article | None:
    """What stands at an address, if it is published."""
    return db.session.scalar(
        select(Article)
        .options(joinedload(Article.section))
        .where(Article.brand_id == brand_id, Article.slug == slug, Article.state == "published")
    )


def beside(article: Article, limit: int = 5) -> Sequence[Article]:
    """Others of the same section."""
    return db.session.scalars(
        select(Article)
        .where(Article.section_id == article.section_id, Article.id != article.id, Article.state == "published")
        .order_by(Article.position, Article.id)
        .limit(limit)
    ).all()


def search(
    brand_id: int, question: str, *, limit: int = MOST_FOUND, patience_ms: int = 500, language: str | None = None
) -> list[Found]:
    """The articles that have most of the words or of what begins like them, the best first; in one language, or in all.

    A search that takes longer than `patience_ms` finds nothing, so that no question can keep the database busy.
    """
    words = _words(question)
    if not words:
        return []
    try:
        with bounded(patience_ms):
            return _search(brand_id, words, limit, language)
    except TooSlow:
        return []


def vote(article: Article, browser: str, helpful: bool, at: datetime) -> None:
    """Keep what a browser says of an article; the last word counts."""
    statement = insert(ArticleVote).values(
        article_id=article.id, browser=tokens.digest(browser), helpful=helpful, at=at
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[ArticleVote.article_id, ArticleVote.browser],
            set_={"helpful": statement.excluded.helpful, "at": statement.excluded.at},
        )
    )


def voted(article: Article, browser: str) -> bool | None:
    """What a browser said of an article."""
    if not browser:
        return None
    return db.session.scalar(
        select(ArticleVote.helpful).where(
            ArticleVote.article_id == article.id, ArticleVote.browser == tokens.digest(browser)
        )
    )


def _words(question: str) -> list[str]:
    """The words of a question, letters and digits only: nothing is left that the search could take for an operator."""
    plain = "".join(letter if letter.isalnum() else " " for letter in question[:LONGEST_QUESTION])
    words = [word for word in plain.split() if len(word) >= SHORTEST_WORD or word.isdigit()]
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _search(brand_id: int, words: list[str], limit: int, language: str | None) -> list[Found]:
    spoken = db.session.scalars(
        select(Article.language).where(Article.brand_id == brand_id, Article.state == "published").distinct()
    ).all()
    spoken = [one for one in spoken if language in (None, languages.of_locale(one))]
    found: list[tuple[bool, float, int, Found]] = []
    for configuration in sorted({languages.configuration(language) for language in spoken}):
        codes = [language for language in spoken if languages.configuration(language) == configuration]
        found += _in(configuration, codes, brand_id, words, limit)
    found.sort(key=lambda one: one[:3], reverse=True)
    return [one[3] for one in found[:limit]]


def _in(
    configuration: str, codes: list[str], brand_id: int, words: list[str], limit: int
) -> list[tuple[bool, float, int, Found]]:
    """What articles in some languages have to say, with how well it fits."""
    rules = cast(configuration, REGCONFIG)
    beginnings = [f"{word}:*" for word in words]
    some, every = (func.to_tsquery(rules, sign.join(beginnings)) for sign in (" | ", " & "))
    has_every: ColumnElement[bool] = Article.words.op("@@")(every)
    rank = func.ts_rank(Article.words, some, 1)
    best = (
        select(
            Article.id,
            Article.slug,
            Article.title,
            Article.summary,
            func.left(Article.body, 4000).label("body"),
            has_every.label("has_every"),
            rank.label("rank"),
        )
        .where(
            Article.brand_id == brand_id,
            Article.state == "published",
            Article.language.in_(codes),
            Article.words.op("@@")(some),
        )
        .order_by(has_every.desc(), rank.desc(), Article.id.desc())
        .limit(limit)
        .subquery()
    )
    rows = db.session.execute(
        select(
            best.c.id,
            best.c.slug,
            best.c.has_every,
            best.c.rank,
            func.ts_headline(rules, best.c.title, some, _WHOLE).label("title"),
            case(
                (best.c.summary != "", func.ts_headline(rules, best.c.summary, some, _WHOLE)),
                else_=func.ts_headline(rules, best.c.body, some, _HEADLINE),
            ).label("excerpt"),
        )
    )
    return [(row.has_every, row.rank, row.id, Found(row.slug, pieces(row.title), pieces(row.excerpt))) for row in rows]


def pieces(marked: str) -> list[Piece]:
    """A headline cut at its marks."""
    found: list[Piece] = []
    for number, part in enumerate(marked.split(OPEN)):
        hit, closed, rest = part.partition(CLOSE) if number else ("", "", part)
        if number and not closed:
            hit, rest = "", part
        found += [Piece(hit, is_hit=True)] if hit else []
        found += [Piece(rest)] if rest else []
    return found
