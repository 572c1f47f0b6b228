"""Reading the written conversations; `conversations/README.md` says how they are written."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

from ticketdesk.demo.conversation import Conversation, Turn

FOLDER = Path(__file__).parent / "conversations"
FIELDS = frozenset({"from", "to", "via", "priority", "tags", "last", "key", "beside", "with"})

_FROM = re.compile(r"(?P<name>[^<]+?)(?: <(?P<address>[^>]+)>)?")
_TURN = re.compile(r"> (?P<after>[\w ]+), (?P<who>\w+) (?P<does>\w+) ?(?P<what>.*)")
_TIME = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Unreadable(Exception):
    """A conversation is not written as it should be."""


@cache
def conversations() -> tuple[Conversation, ...]:
    """All of them, in the order of their files; raises Unreadable."""
    return tuple(one for path in sorted(FOLDER.glob("*.txt")) for one in read(path.read_text(encoding="utf-8")))


def read(text: str) -> Iterator[Conversation]:
    """The conversations of one file; raises Unreadable."""
    for part in re.split(r"^# ", text, flags=re.MULTILINE)[1:]:
        subject, _, rest = part.partition("\n")
        head, _, body = rest.partition("\n\n")
        fields = dict(_field(line, subject) for line in head.splitlines())
        opening, *turns = re.split(r"^(?=> )", body, flags=re.MULTILINE)
        sender = _FROM.fullmatch(fields["from"])
        if sender is None:
            raise Unreadable(f"{subject}: who is {fields['from']}?")
        last = fields.get("last", "")
        yield Conversation(
            subject=subject.strip(),
            name=sender["name"],
            address=sender["address"] or "",
            queue=fields["to"],
            channel=fields.get("via", "email"),
            text=opening.strip(),
            priority=fields.get("priority", "normal"),
            tags=_listed(fields.get("tags", "")),
            turns=tuple(_turn(one, subject) for one in turns),
            last=duration(last.removesuffix(" open")) if last else None,
            last_is_open=last.endswith(" open"),
            key=fields.get("key", subject.strip()),
            files=_listed(fields.get("with", "")),
            beside=_beside(fields["beside"]) if "beside" in fields else None,
        )


def duration(written: str) -> timedelta:
    """`1h 20m` and the like as a length of time; raises Unreadable."""
    found = _TIME.findall(written)
    if "".join(number + unit for number, unit in found) != written.replace(" ", ""):
        raise Unreadable(f"How long is {written!r}?")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in found), timedelta())


def _listed(written: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in written.split(",") if one.strip())


def _beside(written: str) -> tuple[str, timedelta]:
    other, _, after = written.rpartition(", ")
    return other, duration(after)


def _field(line: str, subject: str) -> tuple[str, str]:
    name, colon, value = line.partition(": ")
    if not colon or name not in FIELDS:
        raise Unreadable(f"{subject}: what is {line!r}?")
    return name, value.strip()


def _turn(written: str, subject: str) -> Turn:
    line, _, text = written.partition("\n")
    found = _TURN.fullmatch(line.strip())
    if found is None:
        raise Unreadable(f"{subject}: what is {line!r}?")
    return Turn(duration(found["after"]), found["who"], found["does"], found["what"].strip(), text.strip())
