"""Words in double braces that stand for a name or a number: a fixed list, found by a scanner, filled in one pass."""

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

NAMES = (
    "customer.first_name",
    "customer.name",
    "ticket.number",
    "ticket.subject",
    "agent.first_name",
    "agent.name",
    "brand.name",
)
"""Everything that may stand between the braces; nothing is ever reckoned there (SECURITY R20)."""

OPENS, CLOSES = "{{", "}}"
LONGEST = 60
"""Characters between the braces; braces further apart stay what they are."""

_MARKUP = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_[]<>&~"})
_BEGINS = re.compile(r"([0-9]{1,9})?([#+=.)-])")


def names_in(text: str) -> list[str]:
    """What stands between double braces, in order and each once."""
    return list(dict.fromkeys(name for _start, _end, name in _found(text)))


def unknown(text: str, also: Collection[str] = ()) -> list[str]:
    """What stands between double braces and means nothing, in order and each once; `also` means something here."""
    return [name for name in names_in(text) if name not in NAMES and name not in also]


def filled(text: str, values: Mapping[str, str], passages: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text, Markdown, with each placeholder replaced; a value stays the words it is, whatever signs are in it.

    `passages` are Markdown themselves and stand as they are. What is filled in is not looked at again, and what is
    unknown stays as it was written.
    """
    parts: list[str] = []
    done = 0
    for start, end, name in _found(text):
        if name in passages:
            parts += [text[done:start], passages[name]]
            done = end
        elif name in NAMES:
            parts += [text[done:start], as_words(values.get(name, ""))]
            done = end
    return "".join([*parts, text[done:]])


def as_words(value: str) -> str:
    """A value as Markdown that shows exactly its letters, on one line, wherever it is put."""
    line = " ".join(value.split()).translate(_MARKUP)
    begins = _BEGINS.match(line)  # a heading, a list or a ruler, where a line begins with it
    if begins is None or (begins[1] is None and begins[2] in ".)"):
        return line
    at = begins.start(2)
    return f"{line[:at]}\\{line[at:]}"


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Where placeholders begin and end, and what stands in them."""
    start = text.find(OPENS)
    while start >= 0:
        inside = start + len(OPENS)
        end = text.find(CLOSES, inside, inside + LONGEST + len(CLOSES))
        name = text[inside:end].strip() if end >= 0 else ""
        if end >= 0 and "\n" not in text[inside:end]:
            yield start, end + len(CLOSES), name
            start = text.find(OPENS, end + len(CLOSES))
        else:
            start = text.find(OPENS, start + 1)
