"""Our words in other languages, for whatever is said in them from beginning to end.

The `.po` files are what is written and what is read: each becomes a catalogue in memory when its language is first
asked for, some milliseconds a process. So there is no step between writing and running, and no binary that could be
older than its text. Only what declares itself with `speak` is translated: a page of which half the words were English
would be worse than one in English.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g

HOME = Path(__file__).parent.parent / "translations"
SOURCE = "en"
OFFERED: Mapping[str, str] = {
    SOURCE: "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "nl": "Nederlands",
}
"""The languages we speak, by code, under the name they have in themselves."""


def path_of(language: str) -> Path:
    """Where the words of a language are written."""
    return HOME / language / "LC_MESSAGES" / "messages.po"


@lru_cache
def of(language: str) -> NullTranslations:
    """The catalogue of a language; the words as they are for one that is not offered."""
    if language not in OFFERED or language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    with path_of(language).open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def speak() -> None:
    """From here on this request is answered in the reader's language, as far as it is offered."""
    g.speaks = True


@contextmanager
def speaking() -> Iterator[None]:
    """The same for a stretch of a background task."""
    before = g.get("speaks", False)
    g.speaks = True
    try:
        yield
    finally:
        g.speaks = before


def is_spoken() -> bool:
    """Whether what is said now is said in the reader's language."""
    return bool(g and g.get("speaks"))
