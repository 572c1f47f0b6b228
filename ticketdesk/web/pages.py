"""Templates: what one takes from another is made once, instead of being looked for anew at every page."""

from typing import Any

from flask import Flask
from jinja2 import Template


class Page(Template):
    """A template whose macros others import; the globals are the same for all, so there is one module of each."""

    def _get_default_module(self, ctx: Any = None) -> Any:
        if self._module is not None:
            return self._module
        return super()._get_default_module(ctx)


def register(app: Flask) -> None:
    """Use it for every template; comes before any is loaded."""
    app.jinja_env.template_class = Page
