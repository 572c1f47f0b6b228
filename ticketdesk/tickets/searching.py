"""Searching tickets: by words, by who and when, and among what an agent may see; the best and newest first.

What has all of the words is looked at in windows, the newest first; within a window the ticket whose words fit best
comes first. A ticket is shown once, in the window of its newest such message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    Numeric,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.orm import aliased

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.core.estimating import rows_expected
from ticketdesk.core.fulltext import bounded
from ticketdesk.core.highlighting import Wanted
from ticketdesk.tickets import search_conditions, search_place, search_terms, spelling, visibility
from ticketdesk.tickets.search_conditions import ALTERNATIVES, OF_TICKETS, Asker, Problem
from ticketdesk.tickets.search_place import Place
from ticketdesk.tickets.search_query import Query, Term
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.search_terms import AUTHOR, RECIPIENT, Words
from ticketdesk.tickets.ticket import Ticket

PAGE = 15
WINDOW = 250
"""Messages that are ranked against each other, where words are common."""
WINDOW_OF_TICKETS = 40
"""Tickets that are, where words are rare: these are together before any of them is looked at."""
PATIENCE_MS = 3_000
RARE = 0.01
"""The share of all messages up to which words are rare; walking and looking all up cost about the same there."""
FEW = 1_000
"""So many messages are looked up at once in any case."""
_REALS = ARRAY(REAL)
_WEIGHTS = [0.2, 0.1, 0.5, 1.0]
"""Of whom it went to, the text, the author and the subject, in the order of PostgreSQL: D, C, B, A."""
_STEP_BY_STEP = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_hashagg": "off"}
"""Few messages are looked at, so their tickets are fetched one by one, and what is said of each is gathered in order;
the planner expects many, would rather read all tickets, and spreads a few rows over files.
"""
HALVED_AFTER_S = 180 * 86_400
"""After this long a message counts half as much as one of today."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A ticket, and the message of it that fits best where words were looked for."""

    ticket_id: int
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found."""

    hits: tuple[Hit, ...] = ()
    after: str | None = None  # the key of the next page
    wanted: Wanted = field(default_factory=Wanted)  # what is marked in texts
    problems: tuple[Problem, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()  # (typed, taken instead) where nothing had what was typed


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with its words as the database knows them."""

    query: Query
    asker: Asker
    words: dict[Term, Words]

    def of(self, *kinds: str, without: bool = False) -> list[tuple[Term, Words]]:
        """The terms of these kinds in which there are words."""
        return [
            (term, self.words[term])
            for term in self.query.of(*kinds)
            if term.is_without == without and self.words[term].lexemes
        ]


def search(
    query: Query,
    agent: Agent,
    at: datetime,
    zone: tzinfo,
    *,
    after: str | None = None,
    patience_ms: int = PATIENCE_MS,
) -> Found:
    """One page of what an agent may see and what has everything that is asked for; days begin in `zone`.

    Raises Invalid for a made-up key, and TooSlow when it takes longer than `patience_ms`.
    """
    problems = tuple(search_conditions.problems(query.terms))
    place = Place(at) if after is None else search_place.opened(after)
    if problems or not query.terms:
        return Found(problems=problems)
    with bounded(patience_ms, **_STEP_BY_STEP):
        asker = Asker(agent, zone)
        asked = _asked(query, asker)
        found = _page(asked, place)
        if not found.hits and after is None:
            return _with_slips_mended(asked, place) or found
        return found


def all_of(query: Query, agent: Agent, zone: tzinfo) -> Select[int]:
    """The ids of all tickets that a search finds, as a question in no order.

    Slips are mended where nothing is found. Raises TooSlow within `bounded`.
    """
    wanted = _all_of(query, agent, zone)
    if not db.session.scalar(select(wanted.exists())):
        return _all_of(_with(query, _taken(_asked(query, Asker(agent, zone)))), agent, zone)
    return wanted


def _all_of(query: Query, agent: Agent, zone: tzinfo) -> Select[int]:
    if search_conditions.problems(query.terms) or not query.terms:
        return select(Ticket.id).where(literal(False))
    asked = _asked(query, Asker(agent, zone))
    numbered = Ticket.number == query.number if query.number is not None else literal(False)
    has_terms = any(term.kind in OF_TICKETS or term.is_without for term in query.terms)
    fits = and_(*_about_tickets(asked), literal(_asks_for_messages(asked) or has_terms))
    if _asks_for_messages(asked):
        fits = and_(fits, Ticket.id.in_(select(SearchRow.ticket_id).where(*_about_messages(asked, SearchRow))))
    own = and_(numbered, *_about_tickets(replace(asked, query=Query())))
    return select(Ticket.id).where(or_(fits, own) if query.number is not None else fits)


def _asked(query: Query, asker: Asker) -> _Asked:
    terms = list(dict.fromkeys(query.of("word", "phrase", "from", "to")))
    return _Asked(query, asker, dict(zip(terms, search_terms.known([term.value for term in terms]), strict=True)))


def _page(asked: _Asked, place: Place) -> Found:
    if _asks_for_messages(asked):
        return _of_messages(asked, place)
    if any(term.kind in OF_TICKETS or term.is_without for term in asked.query.terms):
        return _of_tickets(asked, place)
    return Found()  # signs without a letter or a digit


def _with_slips_mended(asked: _Asked, place: Place) -> Found | None:
    """What is found with words that are like those typed; None where there are no such words, or nothing either."""
    taken = _taken(asked)
    if not taken:
        return None
    found = _page(_asked(_with(asked.query, taken), asked.asker), place)
    if not found.hits:
        return None
    return replace(found, after=None, corrected=tuple((term.value, word) for term, word in taken.items()))


def _taken(asked: _Asked) -> dict[Term, str]:
    """Words that may have been meant, in the place of those that were typed."""
    taken: dict[Term, str] = {}
    for term, words in asked.of("word"):
        others = spelling.meant(words.lexemes[0]) if len(words.lexemes) == 1 else ()
        if others:
            taken[term] = others[0]
    return taken


def _with(query: Query, taken: Mapping[Term, str]) -> Query:
    return replace(
        query, terms=tuple(replace(term, value=taken[term]) if term in taken else term for term in query.terms)
    )


def _asks_for_messages(asked: _Asked) -> bool:
    return bool(asked.of("word", "phrase", "from", "to")) or any(
        not term.is_without and term.kind not in OF_TICKETS and term.kind not in ("word", "phrase")
        for term in asked.query.terms
    )


def _of_tickets(asked: _Asked, place: Place) -> Found:
    """Tickets alone, the newest first."""
    wanted = select(Ticket.id).where(*_about_tickets(asked)).order_by(Ticket.id.desc()).limit(PAGE + 1)
    if place.ticket_id:
        wanted = wanted.where(Ticket.id < place.ticket_id)
    ids = db.session.scalars(wanted).all()
    after = str(replace(place, ticket_id=ids[PAGE - 1])) if len(ids) > PAGE else None
    return Found(tuple(Hit(ticket_id) for ticket_id in ids[:PAGE]), after)


def _of_messages(asked: _Asked, place: Place) -> Found:
    """Tickets by what their messages say."""
    window = _window_of_tickets(asked, place) if _is_rare(asked) else _window(asked, place)
    best = _best(asked, place, window.messages).subquery("best")
    wanted = select(best, *window.ends.c).join(window.ends, literal(True))
    if place.score is not None:
        wanted = wanted.where(tuple_(best.c.score, best.c.ticket_id) < tuple_(place.score, place.ticket_id))
    rows = db.session.execute(
        wanted.order_by(best.c.score.desc(), best.c.ticket_id.desc()).limit(PAGE + 1),
    ).all()
    hits = tuple(Hit(row[0], row[1]) for row in rows[:PAGE])
    if place.is_first:
        hits = (*_numbered(asked), *hits)
    after = None
    if len(rows) > PAGE:
        after = str(replace(place, score=rows[PAGE - 1][2], ticket_id=rows[PAGE - 1][0]))
    elif rows and rows[0][3] == window.size:
        after = str(Place(place.at, rows[0][4]))
    wanted_words = [words for _, words in asked.of("word")]
    return Found(hits, after, search_terms.wanted(wanted_words, [words for _, words in asked.of("phrase")]))


def _numbered(asked: _Asked) -> list[Hit]:
    """The ticket whose number was typed and nothing else; it comes before those that only speak of it."""
    number = asked.query.number
    if number is None:
        return []
    about = _about_tickets(replace(asked, query=Query()))
    return [
        Hit(ticket_id) for ticket_id in db.session.scalars(select(Ticket.id).where(Ticket.number == number, *about))
    ]


@dataclass(frozen=True, slots=True)
class _Window:
    """What is ranked against each other: its messages, how many and down to which message; full when `size` of them."""

    messages: Any
    ends: Any
    size: int


def _window(asked: _Asked, place: Place) -> _Window:
    """The newest messages, before the top, that have everything; whole tickets that were shown above are left out."""
    messages = (
        select(SearchRow.message_id, SearchRow.ticket_id)
        .join(Ticket, Ticket.id == SearchRow.ticket_id)
        .where(*_about_messages(asked, SearchRow), *_about_tickets(asked))
    )
    if place.top is not None:
        other = aliased(SearchRow)
        shown = exists().where(
            other.ticket_id == SearchRow.ticket_id, other.message_id >= place.top, *_about_messages(asked, other)
        )
        messages = messages.where(SearchRow.message_id < place.top, not_(shown))
    looked_at = messages.order_by(SearchRow.message_id.desc()).limit(WINDOW).cte("looked_at")
    ends = select(func.count(), func.min(looked_at.c.message_id)).subquery("ends")
    return _Window(looked_at, ends, WINDOW)


def _window_of_tickets(asked: _Asked, place: Place) -> _Window:
    """The same by tickets, the one with the newest such message first, all of whose messages are known at once.

    Each ticket is looked at once, however many of its messages have the words, and no more of them than it takes.
    """
    found = (
        select(SearchRow.message_id, SearchRow.ticket_id).where(*_about_messages(asked, SearchRow)).subquery("found")
    )
    of_ticket = (func.max(found.c.message_id).label("newest"), func.array_agg(found.c.message_id).label("messages"))
    newest = select(found.c.ticket_id, *of_ticket).group_by(found.c.ticket_id)
    if place.top is not None:
        newest = newest.having(func.max(found.c.message_id) < place.top)
    # In order before they are looked at.
    ordered = newest.order_by(func.max(found.c.message_id).desc()).subquery("ordered")
    seen = (
        select(ordered)
        .join(Ticket, Ticket.id == ordered.c.ticket_id)
        .where(*_about_tickets(asked))
        .order_by(ordered.c.newest.desc())
        .limit(WINDOW_OF_TICKETS)
        .cte("seen")
    )
    messages = select(func.unnest(seen.c.messages).label("message_id"))
    ends = select(func.count(), func.min(seen.c.newest)).select_from(seen).subquery("ends")
    return _Window(messages.cte("looked_at"), ends, WINDOW_OF_TICKETS)


def _is_rare(asked: _Asked) -> bool:
    """Whether few messages have all of the words, so that the index is asked for all of them at once.

    Else the newest messages are looked at one by one until there are enough. The planner cannot choose well by itself:
    it knows how often common words are, and thinks that beginnings of words it does not know are in each fiftieth.
    """
    words = [_forms(term, words) for term, words in asked.of("word", "phrase", "from", "to")]
    if not words:
        return False
    # Of words in several forms each is asked for: what is expected of words it does not know would add up to many.
    ways = [[forms[way % len(forms)] for forms in words] for way in range(max(map(len, words)))]
    having = [
        select(SearchRow.message_id).where(SearchRow.words.bool_op("@@")(_tsquery(" & ".join(way)))) for way in ways
    ]
    everything, *expected = rows_expected(select(SearchRow.message_id), *having)
    return max(expected) <= max(FEW, everything * RARE)


def _forms(term: Term, words: Words) -> list[str]:
    return words.forms(is_beginning=False) if term.kind == "word" else [_whole(term, words)]


def _best(asked: _Asked, place: Place, window: Any) -> Select[Any]:
    """Of each ticket the message that fits best: as typed before what only begins so, the newer before the older."""
    age = func.greatest(func.extract("epoch", literal(place.at) - SearchRow.written_at), 0)
    score = 1.0 / (1.0 + age / HALVED_AFTER_S)
    typed = asked.of("word", "phrase")
    if typed:
        some = _tsquery(" | ".join(_any_form(term, words) for term, words in typed))
        every = _tsquery(" & ".join(_whole(term, words) for term, words in typed))
        rank = func.ts_rank(cast(_WEIGHTS, _REALS), SearchRow.words, some)
        score = score * (0.01 + rank) * case((SearchRow.words.bool_op("@@")(every), 2.0), else_=1.0)
    scored = (
        select(
            SearchRow.ticket_id,
            SearchRow.message_id,
            func.round(cast(score, Numeric), 8).label("score"),
        )
        .join(window, window.c.message_id == SearchRow.message_id)
        .subquery("scored")
    )
    best: Select[Any] = select(scored.c.ticket_id, scored.c.message_id, scored.c.score)
    return best.ext(distinct_on(scored.c.ticket_id)).order_by(
        scored.c.ticket_id, scored.c.score.desc(), scored.c.message_id.desc()
    )


def _about_tickets(asked: _Asked) -> list[ColumnElement[bool]]:
    """What the ticket must be: seen by who asks, in nobody's trash, whole, and as the operators say."""
    terms = asked.query.terms
    found = [
        visibility.sees(visibility.reader(asked.asker.agent)),
        Ticket.trashed_at.is_(None),
        Ticket.merged_into_id.is_(None),
    ]
    if asked.query.number is not None:
        found.append(Ticket.number != asked.query.number)
    if not any(term.kind == "is" and term.value.lower() == "spam" and not term.is_without for term in terms):
        found.append(Ticket.spam_at.is_(None))
    for kind in OF_TICKETS:
        positive = [
            search_conditions.of_ticket(term, asked.asker) for term in asked.query.of(kind) if not term.is_without
        ]
        if positive:
            found.append(or_(*positive) if kind in ALTERNATIVES else and_(*positive))
    for term in terms:
        if term.is_without:
            found.append(not_(_any_part(term, asked)))
    return found


def _any_part(term: Term, asked: _Asked) -> ColumnElement[bool]:
    """Whether the ticket, or any message of it, is what must not be."""
    if term.kind in OF_TICKETS:
        return func.coalesce(search_conditions.of_ticket(term, asked.asker), literal(False))
    row = aliased(SearchRow)
    return exists().where(row.ticket_id == Ticket.id, _about_message(term, row, asked))


def _about_messages(asked: _Asked, row: type[SearchRow]) -> list[ColumnElement[bool]]:
    """What one message must have, all at once; its words in a single question to the index."""
    of_words = [_any_form(term, words) for term, words in asked.of("word", "phrase", "from", "to")]
    found: list[ColumnElement[bool]] = []
    if of_words:
        found.append(row.words.bool_op("@@")(_tsquery(" & ".join(of_words))))
    if any(not asked.words[term].lexemes for term in asked.query.of("from", "to") if not term.is_without):
        found.append(literal(False))
    for kind in ("channel", "before", "after", "has"):
        conditions = [
            search_conditions.of_message(term, row, asked.asker) for term in asked.query.of(kind) if not term.is_without
        ]
        if conditions:
            found.append(or_(*conditions) if kind in ALTERNATIVES else and_(*conditions))
    return found


def _about_message(term: Term, row: type[SearchRow], asked: _Asked) -> ColumnElement[bool]:
    if term not in asked.words:
        return search_conditions.of_message(term, row, asked.asker)
    words = asked.words[term]
    if not words.lexemes:
        return literal(False)
    return row.words.bool_op("@@")(_tsquery(_whole(term, words)))


def _any_form(term: Term, words: Words) -> str:
    """A word finds its forms and what begins with it; an author and a recipient are found by their beginning."""
    if term.kind == "word":
        return words.in_any_form(is_beginning=True)
    return _whole(term, words)


def _whole(term: Term, words: Words) -> str:
    if term.kind == "word":
        return words.in_any_form(is_beginning=False)
    if term.kind == "phrase":
        return words.as_typed()
    return words.as_typed(AUTHOR if term.kind == "from" else RECIPIENT, is_beginning=True)


def _tsquery(words: str) -> ColumnElement[Any]:
    return cast(words, TSQUERY)
