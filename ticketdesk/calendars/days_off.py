"""The holidays of a calendar put together from its sources, each with its switch as it was."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

LONGEST_NAME = 80


def merged(
    before: Sequence[Mapping[str, Any]], sources: Mapping[int, Sequence[Mapping[str, Any]]], since: date
) -> list[dict[str, Any]]:
    """The holidays from `since` on: one entry a date, in order.

    `before` are those of the version so far; a day that is switched off ("we work all the same") stays off even when
    its source changes, and a day that no source ever brought stays. `sources` are the days of each source by its id.
    """
    off = {entry["date"] for entry in before if entry.get("off")}
    names: dict[str, list[str]] = {}
    origins: dict[str, list[int]] = {}
    for entry in before:
        if not entry.get("sources"):
            names[entry["date"]], origins[entry["date"]] = [entry.get("name", "")], []
    for number in sorted(sources):
        for day in sources[number]:
            known = names.setdefault(day["date"], [])
            if day["name"] not in known:
                known.append(day["name"])
            origins.setdefault(day["date"], []).append(number)
    return [
        {
            "date": on,
            "name": ", ".join(filter(None, names[on]))[:LONGEST_NAME],
            "off": on in off,
            **({"sources": origins[on]} if origins[on] else {}),
        }
        for on in sorted(names)
        if on >= since.isoformat()
    ]


def differs(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], since: date) -> bool:
    """Whether anything from `since` on is closed, named or switched in another way."""
    return _said(before, since) != _said(after, since)


def switched(holidays: Sequence[Mapping[str, Any]], worked: set[str]) -> list[dict[str, Any]]:
    """The same days, of which those named (as ISO dates) are worked all the same."""
    return [{**entry, "off": entry["date"] in worked} for entry in holidays]


def _said(holidays: Sequence[Mapping[str, Any]], since: date) -> list[tuple[str, str, bool, list[int]]]:
    return sorted(
        (entry["date"], entry.get("name", ""), bool(entry.get("off")), list(entry.get("sources", ())))
        for entry in holidays
        if entry["date"] >= since.isoformat()
    )
