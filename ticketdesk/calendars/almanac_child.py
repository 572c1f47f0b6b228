"""The almanac's side of the pipe: answers one question and ends; started by `almanac` with nothing else loaded."""

import json
import resource
import sys
from datetime import date
from typing import Any

from ticketdesk.calendars import ical, national

SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024


def serve() -> None:
    """Read a question from the first argument (and a file from the input), print the answer as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, Any] = {"answer": _answer(json.loads(sys.argv[2]))}
    except (ical.Unreadable, ValueError) as error:
        answer = {"unreadable": str(error)}
    sys.stdout.write(json.dumps(answer))


def _answer(question: dict[str, Any]) -> Any:
    if question["ask"] == "countries":
        return national.countries()
    if question["ask"] == "country":
        years = range(question["first"], question["last"] + 1)
        return national.country(question["code"], question["part"], years, question["language"])
    start, end = (date.fromisoformat(question[name]) for name in ("start", "end"))
    return ical.days(sys.stdin.buffer.read(), start, end)
