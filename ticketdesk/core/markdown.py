"""Markdown as markup: the one writer for what agents answer, for articles and for mail."""

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

LONGEST_KEPT = 8_000
"""Letters of a text that is kept rendered; longer ones are rare and rendered each time."""
LOWEST_HEADING = 6
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

_MARKUP = re.compile(r"[`*\[\]<]|\\(?=[!-/:-@\[-`{-~]|$)|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
"""What begins or ends something in the midst of a line; an underscore between two letters does not."""
_BEGINS = re.compile(r"^(\d*)([#>+=~-]|(?<=\d)[.)])")
"""What makes a line a heading, a list, a quotation or a fence."""


def _writer() -> MarkdownIt:
    """No HTML passes, addresses are checked by the library, and pictures stay links: they tell who read the page."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


def _link_open(
    renderer: RendererHTML, tokens: Sequence[Token], position: int, options: OptionsDict, env: EnvType
) -> str:
    """Links open elsewhere and tell the other side nothing about where they stood."""
    tokens[position].attrSet("rel", "noopener noreferrer nofollow")
    tokens[position].attrSet("target", "_blank")
    return renderer.renderToken(tokens, position, options, env)


def _lower_headings(state: StateCore) -> None:
    """The page has a title of its own, so the headings of a text begin one level below it."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + 1, LOWEST_HEADING)}"


_for_mail = _writer()
_for_pages = _writer()
_for_pages.add_render_rule("link_open", _link_open)
_for_articles = _writer().enable("table")
_for_articles.core.ruler.push("lower_headings", _lower_headings)


def for_mail(text: str) -> Markup:
    """The text as the HTML of a mail."""
    return Markup(_for_mail.render(text))  # noqa: S704  # see above: no HTML passes


def unescaped(text: str) -> str:
    """Markdown as plain words of a mail: without the backslashes that only Markdown needs (CommonMark 0.31, 2.4)."""
    return _ESCAPED.sub(r"\1", text)


def render(text: str) -> Markup:
    """The text as it stands in a conversation: markup in which nothing of its own can run."""
    return _kept(text) if len(text) <= LONGEST_KEPT else _rendered(text)


def plain(text: str) -> str:
    """Words of somebody else as Markdown in which nothing is markup; read as they stand, they look nearly the same.

    Only what could begin something is escaped (CommonMark 0.31), so that addresses with an underscore stay whole.
    """
    return "\n".join(_BEGINS.sub(r"\g<1>\\\2", _MARKUP.sub(r"\\\g<0>", line.strip())) for line in text.splitlines())


def article(text: str) -> Markup:
    """The text as a page of its own, below its title."""
    return Markup(_for_articles.render(text))  # noqa: S704  # see above: no HTML passes


@lru_cache(maxsize=2_000)
def _kept(text: str) -> Markup:
    return _rendered(text)


def _rendered(text: str) -> Markup:
    return Markup(_for_pages.render(text))  # noqa: S704  # see above: no HTML passes
