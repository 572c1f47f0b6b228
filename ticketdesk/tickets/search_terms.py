"""Words of a query as the database knows them, and what is looked for because of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select, true, union
from sqlalchemy.dialects.postgresql import REGCONFIG

from ticketdesk.brands.brand import Brand
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import SIMPLE, plain
from ticketdesk.core.highlighting import Wanted

SHORTEST_BEGINNING = 3
"""Letters from which on a word finds what begins with it."""
ANYWHERE = "ABD"
AUTHOR = "B"
RECIPIENT = "C"
"""Weights of the places in which words stand (`SearchRow`)."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed in one place: its words in order, with their distances, and the forms of a single one."""

    lexemes: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    stems: tuple[tuple[str, str], ...] = ()  # (rules, stem), where a language changes the word

    def as_typed(self, weights: str = ANYWHERE, *, is_beginning: bool = False) -> str:
        """The query for these words one after the other, the last of them perhaps only begun."""
        last = self.lexemes[-1]
        begins = is_beginning and len(last) >= SHORTEST_BEGINNING
        said = [f"{_quoted(one)}:{weights}" for one in self.lexemes[:-1]]
        said.append(f"{_quoted(last)}:{'*' if begins else ''}{weights}")
        steps = [there - here for here, there in zip(self.places, self.places[1:], strict=False)]
        found = said[0]
        for step, one in zip(steps, said[1:], strict=True):
            found += f" <{step}> {one}"
        return f"({found})"

    def in_any_form(self, *, is_beginning: bool) -> str:
        """The query for these words or their forms, anywhere."""
        return f"({' | '.join(self.forms(is_beginning=is_beginning))})"

    def forms(self, *, is_beginning: bool) -> list[str]:
        """A query for each form, that which was typed first."""
        found = [self.as_typed(is_beginning=is_beginning)]
        for rules, stem in self.stems:
            found += [f"{_quoted(stem)}:{ANYWHERE}", _quoted(f"{rules}:{stem}")]
        return found


def known(texts: Sequence[str]) -> list[Words]:
    """Each text's words as the search has them, in every language that is written here; one question."""
    if not texts:
        return []
    rows = db.session.execute(_KNOWN, {"texts": list(texts)}).all()
    found: list[Words] = []
    for number in range(1, len(texts) + 1):
        vectors = {rules: _lexemes(vector) for place, rules, vector in rows if place == number}
        words = vectors.pop(SIMPLE)
        stems = tuple(
            (rules, stem)
            for rules, others in vectors.items()
            for _, stem in others
            if len(words) == 1 and stem != words[0][1]
        )
        found.append(Words(tuple(word for _, word in words), tuple(place for place, _ in words), stems))
    return found


# Built once: building it costs more than asking.
_given = (
    func.unnest(bindparam("texts", type_=ARRAY(Text)))
    .table_valued("text", with_ordinality="place", name="given")
    .render_derived()
)
_rules = union(select(cast(SIMPLE, REGCONFIG).label("rules")), select(func.search_rules(Brand.locale))).subquery(
    "rules"
)
_KNOWN = select(
    _given.c.place,
    cast(_rules.c.rules, Text).label("rules"),
    cast(func.to_tsvector(_rules.c.rules, plain(_given.c.text)), Text).label("vector"),
).select_from(_given.join(_rules, true()))


def wanted(whole: Sequence[Words], phrases: Sequence[Words]) -> Wanted:
    """What of a text is marked because of them: words with what begins like them, and the words of phrases."""
    exact = {word for one in [*whole, *phrases] for word in one.lexemes}
    begun = {one.lexemes[-1] for one in whole if one.lexemes}
    begun |= {stem for one in whole for _, stem in one.stems}
    return Wanted(frozenset(exact), tuple(sorted(word for word in begun if len(word) >= SHORTEST_BEGINNING)))


def _lexemes(vector: str) -> list[tuple[int, str]]:
    """The places and words of a vector as text, in order; it holds letters and digits only, so nothing is escaped."""
    found: list[tuple[int, str]] = []
    for one in vector.split():
        word, _, places = one.rpartition(":")
        found += [(int(place), word.strip("'")) for place in places.split(",")]
    return sorted(found)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
