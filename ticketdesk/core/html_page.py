"""The page around the words of an HTML mail: its ground and its ink, which would go with the `body`."""

from html import escape

from selectolax.lexbor import LexborHTMLParser

from ticketdesk.core.html_tags import Tag, tags_and_text

MOST_TAGS = 200
"""Tags looked at until the body begins; its own stands near the top of a page or nowhere."""
LONGEST = 4000


def framed(html: str) -> str:
    """`html` in a box that looks as its body does; not cleaned yet, and unchanged where the body says nothing."""
    style = _style_of(_body(html))
    return f'<div style="{escape(style)}">{html}</div>' if style else html


def _body(html: str) -> str:
    seen = 0
    for piece in tags_and_text(html):
        if isinstance(piece, Tag):
            seen += 1
            if piece.name == "body" and not piece.closing:
                return piece.attributes[:LONGEST]
            if seen > MOST_TAGS:
                break
    return ""


def _style_of(attributes: str) -> str:
    if not attributes.strip():
        return ""
    body = LexborHTMLParser(f"<!doctype html><body {attributes}>").body
    given = body.attributes if body is not None else {}
    named = (("background-color", given.get("bgcolor")), ("color", given.get("text")), ("", given.get("style")))
    return ";".join(f"{name}:{value}" if name else value for name, value in named if value)
