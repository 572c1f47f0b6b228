"""What agents wrote, from Markdown to markup; the one place of the desk where markup is made from words."""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

LONGEST_KEPT = 8_000
"""Letters of a text that is kept rendered; longer ones are rare and rendered each time."""


def _link_open(
    renderer: RendererHTML, tokens: Sequence[Token], position: int, options: OptionsDict, env: EnvType
) -> str:
    """Links open elsewhere and tell the other side nothing about the desk."""
    tokens[position].attrSet("rel", "noopener noreferrer nofollow")
    tokens[position].attrSet("target", "_blank")
    return renderer.renderToken(tokens, position, options, env)


# No HTML passes, addresses are checked by the library, and pictures stay links: they would tell that the page was read.
_writer = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
_writer.add_render_rule("link_open", _link_open)


def render(text: str) -> Markup:
    """The text as markup in which nothing of its own can run."""
    return _kept(text) if len(text) <= LONGEST_KEPT else _rendered(text)


@lru_cache(maxsize=2_000)
def _kept(text: str) -> Markup:
    return _rendered(text)


def _rendered(text: str) -> Markup:
    return Markup(_writer.render(text))  # noqa: S704  # see above: no HTML passes
