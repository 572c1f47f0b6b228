"""Asking for holidays: in a child process, because what knows them is heavy and what people upload may be hostile."""

import json
import os
import subprocess
import sys
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict

import structlog

from ticketdesk.core.errors import Invalid

SECONDS = 20.0
"""Of wall time; the child itself has five of computing."""
LARGEST = 1024 * 1024
TOO_MUCH = "It takes too long to read; it is too large or repeats too much."

# A stand-in for the top package, so that the child loads the almanac alone and not the application.
_BOOT = """
import sys, types
package = types.ModuleType("ticketdesk")
package.__path__ = [sys.argv[1]]
sys.modules["ticketdesk"] = package
from ticketdesk.calendars.almanac_child import serve
serve()
"""
log = structlog.get_logger(__name__)

_PACKAGE = Path(__file__).resolve().parents[1]


class Day(TypedDict):
    """One day off, as it is stored."""

    date: str
    name: str


class Country(TypedDict):
    """The parts of a country that have days of their own, as code and name, and its days."""

    parts: list[list[str]]
    days: list[Day]


@lru_cache(maxsize=1)
def countries() -> tuple[str, ...]:
    """The codes (ISO 3166) of all countries whose holidays are known; asked once in a process."""
    return tuple(_ask({"ask": "countries"}))


@lru_cache(maxsize=64)
def country(code: str, part: str, first: int, last: int, language: str = "en") -> Country:
    """The days off of a country, or of one of its parts, in the years from first to last; raises Invalid."""
    found: Country = _ask(
        {"ask": "country", "code": code, "part": part, "first": first, "last": last, "language": language}
    )
    return found


def of_file(content: bytes, start: date, end: date) -> list[Day]:
    """The days off in a calendar file from start to before end; raises Invalid saying why there are none."""
    if len(content) > LARGEST:
        raise Invalid(f"A calendar file may have {LARGEST // 1024} KiB.", "file")
    found: list[Day] = _ask({"ask": "file", "start": start.isoformat(), "end": end.isoformat()}, content)
    return found


def _ask(question: dict[str, Any], content: bytes = b"") -> Any:
    command = [sys.executable, "-I", "-c", _BOOT, str(_PACKAGE), json.dumps(question)]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=SECONDS, env=environment, check=False
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        log.warning("almanac gave no answer", asked=question["ask"], error=type(error).__name__)
        raise Invalid(TOO_MUCH, "file") from None
    if "unreadable" in answer:
        raise Invalid(answer["unreadable"], "file")
    return answer["answer"]
