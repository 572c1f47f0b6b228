"""HTML from outside made harmless, and HTML as text."""

import re
from html import escape

import nh3

from ticketdesk.core.html_page import framed
from ticketdesk.core.html_tags import measure
from ticketdesk.core.html_text import Line, read_lines

# Raise it with every change of what `clean` lets through: a job then cleans stored mail anew.
CLEANER_VERSION = 2
MAX_CHARS = 2_000_000
# Beyond these the cleaner's time is no longer linear (nested tags, attributes on one tag).
MAX_MEASURE = 250
# Characters that HTML forbids: they show nothing, and the cleaner's time grows with their square.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_ROUNDS = 4

_TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code",
    "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt",
    "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CELL = {"align", "valign", "width", "height", "bgcolor", "colspan", "rowspan", "nowrap"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "table": {"width", "height", "bgcolor", "border", "cellpadding", "cellspacing"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor", "height"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "blockquote": {"type"},
}
_DROPPED_WITH_CONTENT = {
    "script", "style", "title", "template", "noscript", "textarea", "select", "svg", "math", "object", "iframe",
}  # fmt: skip
# Nothing that moves a box over another or fetches a file.
_PROPERTIES = {
    "color", "background-color", "display", "font", "font-family", "font-size", "font-style", "font-weight",
    "font-variant", "line-height", "letter-spacing", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "word-break", "overflow-wrap", "direction", "unicode-bidi", "width", "height",
    "max-width", "min-width", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "padding",
    "padding-top", "padding-right", "padding-bottom", "padding-left", "border", "border-top", "border-right",
    "border-bottom", "border-left", "border-color", "border-style", "border-width", "border-collapse",
    "border-spacing", "border-radius", "list-style-type", "table-layout",
}  # fmt: skip
# Whatever could hide the end of a declaration takes the whole style with it.
_OBSCURE = ("\\", "@", "/*", "<")
_FETCHING = ("url", "expression", "image", "-moz-", "attr(", "var(")
_SHORTHAND = "background:"


def _calm_style(tag: str, attribute: str, value: str) -> str | None:
    """A style without what fetches; of a `background` only its colour, or white words would stand on white."""
    if attribute != "style":
        return value
    if any(sign in value for sign in _OBSCURE):
        return None
    kept = []
    for declaration in value.split(";"):
        flat = "".join(declaration.lower().split())
        if flat.startswith(_SHORTHAND):
            kept.append(f"background-color:{_colour(declaration.partition(':')[2])}")
        elif not any(word in flat for word in _FETCHING):
            kept.append(declaration)
    return ";".join(kept) or None


def _colour(background: str) -> str:
    """The colour among the words of a `background`; none of them fetches."""
    if "(" in background and background.strip().startswith(("rgb(", "rgba(", "hsl(", "hsla(")):
        return background.strip().partition(")")[0] + ")"
    return next((word for word in background.split() if word.isalnum() or word.startswith("#")), "transparent")


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    attribute_filter=_calm_style,
    filter_style_properties=_PROPERTIES,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


def clean(html: str) -> str:
    """`html` without anything that runs, fetches by itself, moves over the page or bears a name of ours.

    Images keep an http, https or cid `src`; whoever shows them rewrites it. HTML too large or too deep
    to be cleaned in time comes back as its text.
    """
    if is_excessive(html):
        return text_page(to_text(html))
    return clean_measured(html)


def clean_measured(html: str) -> str:
    """`clean` for HTML that `is_excessive` has let through."""
    current = _pass(framed(_FORBIDDEN.sub("", html)))
    for _ in range(_ROUNDS):
        again = _pass(current)
        if again == current:
            return current
        current = again
    return text_page(to_text(html))


def _pass(html: str) -> str:
    # An entity may have written a forbidden character; the next pass sees what is left without it.
    return _FORBIDDEN.sub("", _CLEANER.clean(html))


def is_excessive(html: str) -> bool:
    """Whether `html` is larger, deeper or wider than the cleaner may see."""
    return len(html) > MAX_CHARS or max(measure(html, MAX_MEASURE)) >= MAX_MEASURE


def to_text(html: str) -> str:
    """The visible words of `html`, a line per block."""
    return text_of(read_lines(html[: 2 * MAX_CHARS]))


def text_of(lines: list[Line]) -> str:
    """Lines already read as one text."""
    return "\n".join(line.text for line in lines).strip("\n")


def text_page(text: str) -> str:
    """Plain text as HTML."""
    return f"<pre>{escape(text[:MAX_CHARS], quote=False)}</pre>"
