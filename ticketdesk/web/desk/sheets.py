"""A message as it was sent: HTML that was cleaned at intake, on its way into a frame in which nothing runs."""

from collections.abc import Callable, Mapping

from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

from ticketdesk.core import html_contrast, html_images

SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""No scripts, so the same origin only lets our own page read the height of the frame (SECURITY fact 10)."""
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    f"frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox {SANDBOX}"
)
"""Styles of the mail, and pictures that come through us: the frame reaches nobody else."""


def body(html: str, inline: Mapping[str, str], proxied: Callable[[str], str] | None) -> Markup:
    """The cleaned HTML with its embedded pictures found, and those of the internet left out or led through us.

    What only tells that somebody looked is never fetched. What comes in was cleaned when the mail came (core.html) and
    is only changed in attributes that we set ourselves.
    """
    tree = LexborHTMLParser(html)
    for picture in tree.css("img"):
        source = picture.attributes.get("src") or ""
        if source.lower().startswith("cid:") and source[4:] in inline:
            picture.attrs["src"] = inline[source[4:]]
        elif proxied is not None and html_images.is_remote(picture) and not html_images.is_trace(picture):
            picture.attrs["src"] = proxied(source)
        elif "src" in picture.attributes:
            del picture.attrs["src"]
    for link in tree.css("a[href]"):
        link.attrs["target"] = "_blank"
        link.attrs["rel"] = "noopener noreferrer nofollow"
    if tree.body is None:
        return Markup()
    html_contrast.make_legible(tree.body)
    return Markup(tree.body.inner_html)  # noqa: S704  # cleaned at intake
