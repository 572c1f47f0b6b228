"""Texts in the reader's language, with the types that the library leaves out."""

from typing import cast

import flask_babel


def _(text: str, /, **values: object) -> str:
    """The translation of a text, with its %(placeholders)s filled."""
    return cast(str, flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """The translation of a text that counts something, with its %(num)s filled."""
    return cast(str, flask_babel.ngettext(one, many, num, **values))
