"""What one line says of one person, or why it cannot be taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ticketdesk.contacts import attribute_values
from ticketdesk.contacts.changing import LONGEST_NAME
from ticketdesk.contacts.importing import addresses, columns
from ticketdesk.contacts.importing.reading import Line
from ticketdesk.contacts.organizations import EVERYBODYS
from ticketdesk.contacts.organizations import LONGEST_NAME as LONGEST_ORGANIZATION

LONGEST_NOTE = 10_000


class Refused(ValueError):
    """The line is left out; says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be said in an attribute."""

    label: str
    kind: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """What is to be done with a file: what its columns say, and which attribute people are known by besides."""

    targets: Sequence[str]
    attributes: Mapping[int, Kind]
    known_by: int | None = None
    overwrites: bool = False


@dataclass(slots=True)
class Said:
    """One person as a line tells of them; what is empty says nothing."""

    name: str = ""
    emails: list[str] = field(default_factory=list)
    organization: str = ""
    domain: str = ""
    note: str = ""
    values: dict[int, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """A word for them in lists."""
        return self.name or next(iter(self.emails), "")


class Seen:
    """Which addresses and keys stood on which line first: nobody is told of twice in one file."""

    def __init__(self, lines: Iterable[Line], mapped: Mapped) -> None:
        self._first: dict[tuple[str, str], int] = {}
        places = [place for place, target in enumerate(mapped.targets) if target == columns.EMAIL]
        known_by = "" if mapped.known_by is None else columns.of_attribute(mapped.known_by)
        key = list(mapped.targets).index(known_by) if known_by and known_by in mapped.targets else None
        for line in lines:
            for place in places:
                for written in addresses.split(_cell(line, place)):
                    self._first.setdefault(("email", addresses.normalised(written) or ""), line.at)
            if key is not None:
                self._first.setdefault(("key", " ".join(_cell(line, key).split())), line.at)

    def before(self, line: Line, said: Said, known_by: int | None) -> tuple[str, int] | None:
        """What of a line stood on an earlier one, and where."""
        key = said.values.get(known_by, "") if known_by is not None else ""
        for kind, word in [*(("email", one) for one in said.emails), *([("key", key)] if key else [])]:
            first = self._first.get((kind, word), line.at)
            if first < line.at:
                return word, first
        return None


def read(line: Line, mapped: Mapped, seen: Seen) -> Said:
    """Understand a line; raises Refused."""
    if len(line.cells) > len(mapped.targets) and any(cell.strip() for cell in line.cells[len(mapped.targets) :]):
        raise Refused(f"It has {len(line.cells)} cells, and there are {len(mapped.targets)} headings.")
    said = Said()
    for place, target in enumerate(mapped.targets):
        words = _cell(line, place)
        if words.strip() and target:
            _say(said, target, words, mapped)
    if not said.emails and not (mapped.known_by is not None and said.values.get(mapped.known_by)):
        raise Refused("There is no mail address in it.")
    if len(said.emails) > addresses.MOST:
        raise Refused(f"It has more than {addresses.MOST} mail addresses.")
    if len(said.name) > LONGEST_NAME:
        raise Refused(f"The name is longer than {LONGEST_NAME} characters.")
    if len(said.note) > LONGEST_NOTE:
        raise Refused(f"The note is longer than {LONGEST_NOTE:,} characters.")
    if (earlier := seen.before(line, said, mapped.known_by)) is not None:
        raise Refused(f"{earlier[0]} stands on line {earlier[1]} already.")
    return said


def who(line: Line, mapped: Mapped) -> str:
    """A word for whom a line speaks of that could not be understood: what stands for the name, else its first words."""
    names = [_cell(line, place) for place, target in enumerate(mapped.targets) if target == columns.NAME]
    words = " ".join(" ".join(names).split())
    return words or next((plain for cell in line.cells if (plain := " ".join(cell.split()))), "")


def _say(said: Said, target: str, words: str, mapped: Mapped) -> None:
    plain = " ".join(words.split())
    if target == columns.NAME:
        said.name = f"{said.name} {plain}".strip()
    elif target == columns.EMAIL:
        _address(said, words)
    elif target == columns.ORGANIZATION:
        if len(plain) > LONGEST_ORGANIZATION:
            raise Refused(f"The name of the organization is longer than {LONGEST_ORGANIZATION} characters.")
        said.organization = plain
    elif target == columns.DOMAIN:
        _domain(said, plain)
    elif target == columns.NOTE:
        said.note = f"{said.note}\n{words.strip()}".strip()
    elif (number := columns.attribute_of(target)) is not None and number in mapped.attributes:
        _value(said, number, mapped.attributes[number], words)


def _address(said: Said, words: str) -> None:
    for written in addresses.split(words):
        address = addresses.normalised(written)
        if address is None:
            raise Refused(f"“{written[:80]}” is no mail address.")
        if address not in said.emails:
            said.emails.append(address)


def _domain(said: Said, words: str) -> None:
    domain = addresses.domain(words)
    if domain is None:
        raise Refused(f"“{words[:80]}” is no mail domain.")
    if len(domain) > LONGEST_ORGANIZATION:
        raise Refused(f"The mail domain is longer than {LONGEST_ORGANIZATION} characters.")
    if domain in EVERYBODYS:
        raise Refused(f"Everybody can have an address at {domain}, so it is no organization's.")
    said.domain = domain


def _value(said: Said, number: int, of: Kind, words: str) -> None:
    try:
        value = attribute_values.normal(of.kind, words, of.choices)
    except attribute_values.Unfit as error:
        raise Refused(f"{of.label}: {error}") from error
    if value:
        said.values[number] = value


def _cell(line: Line, place: int) -> str:
    return line.cells[place] if place < len(line.cells) else ""
