"""Tags and text of HTML in one linear pass, without building a tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:_-]{0,60}")
# Their content is no text of the page.
_RAW = {"script", "style", "title", "textarea", "xmp", "noembed", "noframes", "template"}
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "basefont", "frame", "keygen", "bgsound",
))  # fmt: skip
# End tags that authors may leave out; an open one does not nest by itself.
_LOOSE = frozenset((
    "p", "li", "td", "tr", "th", "dt", "dd", "option", "optgroup", "thead", "tbody", "tfoot", "colgroup", "html",
    "head", "body",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag; `attributes` is the unread source between name and bracket."""

    name: str
    closing: bool
    attributes: str


def tags_and_text(html: str) -> Iterator[Tag | str]:
    """Each piece of text (entities unread) and each tag, in order; comments and scripts left out."""
    at, size = 0, len(html)
    more_quotes = True
    while at < size:
        opening = _OPENING.search(html, at)
        if opening is None:
            yield html[at:]
            return
        begin = opening.start()
        if begin > at:
            yield html[at:begin]
        if html[begin + 1] in "!?":
            at = _after_comment(html, begin)
            continue
        closing = html[begin + 1] == "/"
        name = _NAME.match(html, begin + 2 if closing else begin + 1)
        stop = html.find(">", begin)
        if stop < 0:
            # An unfinished tag at the end is shown by no browser; only loose text is kept.
            if name is None:
                yield html[begin:]
            return
        if name is None:
            at = stop + 1
            continue
        attributes = html[name.end() : stop]
        if more_quotes and attributes.count('"') % 2:
            quote = html.find('"', stop)
            more_quotes = quote >= 0
            after = html.find(">", quote) if quote >= 0 else -1
            if after >= 0:
                stop = after
                attributes = html[name.end() : stop]
        lower = name.group().lower()
        yield Tag(lower, closing, attributes)
        at = stop + 1
        if lower in _RAW and not closing:
            at = _after_raw(html, at, lower)


def measure(html: str, enough: int) -> tuple[int, int]:
    """How deep the elements nest and the most attributes on one tag, counted generously.

    Stops when either reaches `enough`. End tags that close nothing are not counted, so that stray ones
    cannot hide the depth.
    """
    open_by_name: dict[str, int] = {}
    depth = deepest = widest = 0
    for piece in tags_and_text(html):
        if isinstance(piece, str):
            continue
        if len(piece.attributes) > 2 * widest:
            outside_quotes = "".join(piece.attributes.split('"')[::2])
            widest = max(widest, outside_quotes.count("=") + outside_quotes.count("/"), len(outside_quotes.split()))
        if piece.name in VOID or piece.name in _LOOSE:
            continue
        count = open_by_name.get(piece.name, 0)
        if not piece.closing:
            open_by_name[piece.name] = count + 1
            depth += 1
            deepest = max(deepest, depth)
        elif count:
            open_by_name[piece.name] = count - 1
            depth -= 1
        if deepest >= enough or widest >= enough:
            break
    return deepest, widest


def _after_comment(html: str, begin: int) -> int:
    if html.startswith("<!--", begin):
        if html.startswith(("<!-->", "<!--->"), begin):
            return html.find(">", begin) + 1
        stop = html.find("-->", begin + 4)
        if stop >= 0:
            return stop + 3
        return len(html)
    stop = html.find(">", begin)
    return stop + 1 if stop >= 0 else len(html)


def _after_raw(html: str, at: int, name: str) -> int:
    """Where the end tag of a raw-text element begins."""
    found = re.compile(f"</{name}", re.IGNORECASE).search(html, at)
    return found.start() if found else len(html)
