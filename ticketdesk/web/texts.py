"""Texts in the reader's language, with the types that the library leaves out."""

from typing import cast

from flask_babel import gettext


def _(text: str, /, **values: object) -> str:
    """The translation of a text, with its %(placeholders)s filled."""
    return cast(str, gettext(text, **values))
