"""Text search: the rules of languages, how words are made alike, and how long anybody may search."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.exc import OperationalError

from ticketdesk.core.db import db
from ticketdesk.core.errors import Refused
from ticketdesk.core.statements import ANEW

SIMPLE = "simple"
CONFIGURATIONS: Mapping[str, str] = {
    "cs": SIMPLE,
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": SIMPLE,
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""By the language's code; those without rules of their own are found by their whole words or beginnings."""
_ALONE = {"max_parallel_workers_per_gather": "0"}
"""What is asked this often gains nothing by taking a second processor from somebody else."""


class TooSlow(Refused):
    """A search was ended because it took too long."""


def configuration(language: str) -> str:
    """The text search configuration of a language or a locale such as "en_GB"."""
    return CONFIGURATIONS.get(language.replace("-", "_").partition("_")[0], SIMPLE)


def plain(text: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """In SQL: the words of a text alone, in small letters without accents, so that both sides of a search are alike.

    Nothing is left that PostgreSQL's parser could take for an address, a number with a sign or a markup tag. The
    function stands in the database (migration 0006), as does that which makes the vectors of it.
    """
    return func.search_plain(text)


@contextmanager
def bounded(patience_ms: int, **settings: str) -> Iterator[None]:
    """What is asked inside must be answered in this time, else it raises TooSlow; nothing written inside is kept.

    It is planned for its own values; the planner's `settings` hold inside, too.
    """
    inside = db.session.begin_nested()  # undone in any case, and the limit of time with it
    try:
        wanted = {"statement_timeout": str(patience_ms), **ANEW, **_ALONE, **settings}
        db.session.execute(select(*(func.set_config(name, value, True) for name, value in wanted.items())))
        yield
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise TooSlow("This search took too long.") from error
    finally:
        inside.rollback()
