"""Templates: what one takes from another is made once, instead of being looked for anew at every page."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask
from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Template


class Page(Template):
    """A template whose macros others import; the globals are the same for all, so there is one module of each."""

    def _get_default_module(self, ctx: Any = None) -> Any:
        if self._module is not None:
            return self._module
        return super()._get_default_module(ctx)


class Pages(Environment):
    """All templates; a page of forty letters asks for five hundred, which are the same few again and again."""

    template_class = Page

    def __init__(self, app: App, **options: Any) -> None:
        """Nothing is read yet."""
        super().__init__(app, **options)
        self._read: dict[str, Template] = {}

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """The template of a name, read once unless whoever works on it wants to see every change."""
        if self.auto_reload or globals is not None or not isinstance(name, str):
            return super().get_template(name, parent, globals)
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = super().get_template(name, parent)
        return found


def register(app: Flask) -> None:
    """Use them; comes before anything else looks for templates."""
    app.jinja_environment = Pages
