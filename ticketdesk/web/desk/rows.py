"""Rows of a list as markup, kept: the same ticket in the same state looks the same to everybody."""

from functools import lru_cache

from flask import current_app
from flask_babel import get_locale
from markupsafe import Markup

from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.listing import Row
from ticketdesk.web.desk.presence import Others

KEPT = 5_000
"""About a kilobyte each."""


@blueprint.app_template_global("ticket_row")
def ticket_row(row: Row, query: str, *, is_open: bool = False, others: Others | None = None) -> Markup:
    """One row; whatever it shows is in its values, so they are the key."""
    return _rendered(row, query, bool(is_open), others, str(get_locale()))


@lru_cache(maxsize=KEPT)
def _rendered(row: Row, query: str, is_open: bool, others: Others | None, language: str) -> Markup:
    macro = current_app.jinja_env.get_template("desk/_row.html").module.ticket_row  # type: ignore[attr-defined]
    made: Markup = macro(row, query, is_open, others)
    return made
