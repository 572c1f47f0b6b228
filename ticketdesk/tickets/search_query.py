"""What somebody typed into the search, understood: words, phrases, operators, and what is not wanted."""

from dataclasses import dataclass

OPERATORS = (
    "from",
    "to",
    "tag",
    "status",
    "queue",
    "channel",
    "before",
    "after",
    "has",
    "assignee",
    "is",
    "field",
)
MOST_TERMS = 24
LONGEST_VALUE = 100
LONGEST_NUMBER = 18
QUOTES = dict.fromkeys(map(ord, "“”„‟«»"), '"') | {0: " "}
"""Signs that telephones and word processors put for a quotation mark."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for: `kind` is "word", "phrase", "number" or an operator."""

    kind: str
    value: str
    is_without: bool = False  # what is found must not have it

    def __str__(self) -> str:
        """As it is typed."""
        return f"{'-' if self.is_without else ''}{self._positive()}"

    def _positive(self) -> str:
        if self.kind == "word":
            return self.value
        if self.kind == "phrase":
            return f'"{self.value}"'
        if self.kind == "number":
            return f"#{self.value}"
        return f'{self.kind}:"{self.value}"' if " " in self.value else f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that is asked for at once."""

    terms: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = ()  # what looks like an operator and is none; it is searched as words
    is_cut: bool = False  # there was more than is looked for

    def __str__(self) -> str:
        """As it is typed; understanding that gives the same query."""
        return " ".join(map(str, self.terms))

    @property
    def number(self) -> int | None:
        """What may be the number of a ticket, when nothing else was typed."""
        if len(self.terms) != 1:
            return None
        (term,) = self.terms
        digits = term.value
        is_number = term.kind == "word" and digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER
        return int(digits) if is_number and not term.is_without else None

    def of(self, *kinds: str) -> tuple[Term, ...]:
        """The terms of some kinds."""
        return tuple(term for term in self.terms if term.kind in kinds)


def understand(text: str) -> Query:
    """What was meant; nothing that is typed is wrong. One walk through the text, whatever stands in it."""
    text = text.translate(QUOTES)
    terms: list[Term] = []
    unknown: list[str] = []
    place = 0
    while (place := _skip_space(text, place)) < len(text):
        is_without = text[place] == "-" and place + 1 < len(text) and not text[place + 1].isspace()
        kind, value, place = _one(text, place + is_without)
        if value:
            terms.append(Term(kind, value, is_without))
            name, colon, rest = value.partition(":")
            if kind == "word" and colon and rest and not rest.startswith("//") and name.isascii() and name.isalpha():
                unknown.append(name)
    return Query(tuple(terms[:MOST_TERMS]), tuple(dict.fromkeys(unknown)), len(terms) > MOST_TERMS)


def _one(text: str, place: int) -> tuple[str, str, int]:
    """The kind and the value of what begins here, and where it ends."""
    if text[place] == '"':
        value, place = _quoted(text, place)
        return "phrase", value, place
    end = _end(text, place)
    run = text[place:end]
    digits = run[1:]
    if run[0] == "#" and digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER:
        return "number", digits, end
    name, colon, value = run.partition(":")
    if colon and name.lower() in OPERATORS:
        if not value and end < len(text) and text[end] == '"':
            value, end = _quoted(text, end)
        elif name.lower() == "field" and value.endswith("=") and end < len(text) and text[end] == '"':
            words, end = _quoted(text, end)  # field:wood="English oak"
            value += words
        if value:
            return name.lower(), value[:LONGEST_VALUE], end
    return "word", run[:LONGEST_VALUE], end


def _quoted(text: str, place: int) -> tuple[str, int]:
    """What stands between this quotation mark and the next one, or the end."""
    end = text.find('"', place + 1)
    end = len(text) if end < 0 else end
    return " ".join(" ".join(text[place + 1 : end].split())[:LONGEST_VALUE].split()), min(end + 1, len(text))


def _end(text: str, place: int) -> int:
    while place < len(text) and text[place] != '"' and not text[place].isspace():
        place += 1
    return place


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place
