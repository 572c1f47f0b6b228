"""What an agent orders in the first lines of a mailed answer: pure, and one word too many is refused, never guessed."""

from dataclasses import dataclass
from typing import Literal

from ticketdesk.tickets.status import PRIORITIES

Kind = Literal["note", "reply", "assign", "status", "priority", "tag", "untag"]
MOST = 10
LONGEST_LINE = 200
STATUSES = {
    "open": "open",
    "pending": "pending",
    "on hold": "on_hold",
    "on-hold": "on_hold",
    "hold": "on_hold",
    "solved": "solved",
}
_ALONE: dict[str, tuple[Kind, str]] = {
    "note": ("note", ""),
    "reply": ("reply", ""),
    "close": ("status", "solved"),
    "solve": ("status", "solved"),
    "take": ("assign", "me"),
}
_WITH_WORDS: dict[str, Kind] = {
    "assign": "assign",
    "status": "status",
    "priority": "priority",
    "tag": "tag",
    "untag": "untag",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One order; `words` are in the form that the verbs take, `line` is how it was written."""

    kind: Kind
    words: str
    line: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """A line that looks like an order and is none."""

    line: str
    why: str


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of a mail, and its text without them."""

    commands: tuple[Command, ...]
    unclear: tuple[Unclear, ...]
    text: str

    def asks(self, kind: Kind) -> bool:
        """Whether there is such an order."""
        return any(command.kind == kind for command in self.commands)


def read(text: str) -> Orders:
    """Read the lines at the top that begin with a slash and a word; the first other line ends them."""
    lines = text.split("\n")
    commands: list[Command] = []
    unclear: list[Unclear] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if line and not _looks_like_one(line):
            break
        at += 1
        if not line:
            continue
        if len(commands) + len(unclear) == MOST:
            unclear.append(Unclear(line[:LONGEST_LINE], f"more than {MOST} orders"))
            break
        found = _one(line)
        if isinstance(found, Command):
            commands.append(found)
        else:
            unclear.append(found)
    return Orders(tuple(commands), tuple(unclear), "\n".join(lines[at:]).strip())


def _looks_like_one(line: str) -> bool:
    """A slash and a plain word: neither a path nor a fraction."""
    word = line[1:LONGEST_LINE].split(" ", 1)[0].split("\t", 1)[0]
    return line.startswith("/") and word.isascii() and word.isalpha()


def _one(line: str) -> Command | Unclear:
    short = line[:LONGEST_LINE]
    if len(line) > LONGEST_LINE:
        return Unclear(short, "too long")
    word, _, rest = line[1:].replace("\t", " ").partition(" ")
    word, rest = word.lower(), " ".join(rest.split())
    if word in _ALONE:
        kind, words = _ALONE[word]
        return Unclear(short, "nothing may follow it in its line") if rest else Command(kind, words, short)
    named = _WITH_WORDS.get(word)
    if named is None:
        return Unclear(short, "there is no such order")
    if not rest:
        return Unclear(short, "it does not say what")
    if named == "status":
        return _chosen(named, STATUSES.get(rest.lower()), short, "open, pending, on hold or solved")
    if named == "priority":
        return _chosen(named, rest.lower() if rest.lower() in PRIORITIES else None, short, ", ".join(PRIORITIES))
    return Command(named, rest, short)


def _chosen(kind: Kind, words: str | None, line: str, choice: str) -> Command | Unclear:
    return Command(kind, words, line) if words is not None else Unclear(line, f"choose one of: {choice}")
