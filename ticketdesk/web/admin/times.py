"""Times of day and spans as people type them, and as minutes and seconds."""

from collections.abc import Sequence

from ticketdesk.core.errors import Invalid

DAY = 24 * 60
NEXT_DAY = "+1"

Interval = tuple[int, int]


def minutes(text: str) -> int:
    """Minutes since midnight of "9", "9:30" or "09:30"; "06:00+1" is six on the next morning. Raises Invalid."""
    plain, plus, rest = text.replace(" ", "").partition(NEXT_DAY)
    if rest:
        raise Invalid(f"{text[:20]!r} is not a time; write it like 09:30.")
    hour, _colon, minute = plain.replace(".", ":").partition(":")
    minute = minute or "0"
    if not (_is_number(hour) and _is_number(minute)) or int(minute) > 59 or int(hour) > 24:
        raise Invalid(f"{text[:20]!r} is not a time; write it like 09:30.")
    total = int(hour) * 60 + int(minute)
    if total > DAY:
        raise Invalid(f"{text[:20]!r} is not a time; a day ends at 24:00.")
    return total + (DAY if plus else 0)


def words(minute: int) -> str:
    """The same the other way round."""
    if minute > DAY:
        return f"{words(minute - DAY)}{NEXT_DAY}"
    return f"{minute // 60:02d}:{minute % 60:02d}"


def interval(start: str, end: str) -> Interval:
    """One opening; raises Invalid when it ends before it begins."""
    first, last = minutes(start), minutes(end)
    if last <= first:
        example = f"{words(first % DAY)} to {words(min(first % DAY + 240, DAY))}"
        raise Invalid(
            f"The end must come after the start, for example {example}; "
            f"write {words(last)}{NEXT_DAY} for the next morning."
        )
    return first, last


def intervals(text: str) -> list[Interval]:
    """Openings in one line, as in "09:00-12:00, 13:00-17:30"; nothing or "closed" is none. Raises Invalid."""
    plain = text.replace("–", "-").strip().lower()
    if plain in ("", "closed"):
        return []
    found = []
    for piece in plain.split(","):
        start, dash, end = piece.partition("-")
        if not dash:
            raise Invalid(f"{piece.strip()[:20]!r} is not an opening; write it like 09:00-12:00.")
        found.append(interval(start, end))
    return found


def line(openings: Sequence[Sequence[int]]) -> str:
    """Openings as one line."""
    return ", ".join(f"{words(start)}-{words(end)}" for start, end in openings) or "closed"


def hours(openings: Sequence[Sequence[int]]) -> list[tuple[float, float]]:
    """Openings as hours of one day from 0 to 24, for a bar."""
    return [(start / 60, min(end, DAY) / 60) for start, end in openings]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2
