"""Texts in the reader's language: the same function for Python and for templates, quick enough to be asked often."""

from typing import Any

from flask import Flask, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from ticketdesk.core import catalogues


def _(text: str, /, **values: object) -> str:
    """The translation of a text, with its %(placeholders)s filled."""
    said: str = _translations().gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """The translation for `num` things, whose number is %(num)s."""
    said: str = _translations().ngettext(one, many, num)
    return said % {"num": num, **values}


@pass_eval_context
def _for_templates(context: EvalContext, text: str, /, **values: object) -> str:
    """The same for templates: where they escape, values are escaped and the text is not."""
    said: str = _translations().gettext(text)
    if context.autoescape:
        said = Markup(said)  # noqa: S704  # our own words, from a template
    return said % values if values else said


@pass_eval_context
def _several_for_templates(context: EvalContext, one: str, many: str, num: int, /, **values: object) -> str:
    said: str = _translations().ngettext(one, many, num)
    if context.autoescape:
        said = Markup(said)  # noqa: S704  # as above
    return said % {"num": num, **values}


def register(app: Flask) -> None:
    """Give them to templates, in place of the library's, which look for the language anew at every word."""
    app.jinja_env.globals.update(_=_for_templates, gettext=_for_templates, ngettext=_several_for_templates)


def _translations() -> Any:
    """The catalogue of the language in force, kept beside the library's own note of that language."""
    here: Any = g._get_current_object() if g else None  # looked up once: templates ask for each word
    if here is not None and here.get("speaks"):
        locale = get_locale()
        return catalogues.of(locale.language if locale is not None else catalogues.SOURCE)
    context: Any = here.get("_flask_babel") if here is not None else None
    locale = getattr(context, "babel_locale", None)
    if locale is None:
        return get_translations()
    known = getattr(context, "catalogue", None)
    if known is None or known[0] is not locale:
        known = (locale, get_translations())
        context.catalogue = known
    return known[1]
