"""A message as it was sent: HTML that was cleaned at intake, on its way into a frame in which nothing runs."""

from collections.abc import Mapping

from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""No scripts, so the same origin only lets our own page read the height of the frame (SECURITY fact 10)."""


def policy(*, with_pictures: bool) -> str:
    """The content policy of the frame: styles of the mail, pictures of ours and, when asked for, of the internet."""
    pictures = "'self' data: https:" if with_pictures else "'self' data:"
    return (
        f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; "
        f"frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox {SANDBOX}"
    )


def body(html: str, inline: Mapping[str, str], *, with_pictures: bool) -> Markup:
    """The cleaned HTML with its embedded pictures found, outside ones left out unless wanted.

    What comes in was cleaned when the mail came (core.html) and is only changed in attributes that we set ourselves.
    """
    tree = LexborHTMLParser(html)
    for picture in tree.css("img"):
        source = picture.attributes.get("src") or ""
        if source.lower().startswith("cid:") and source[4:] in inline:
            picture.attrs["src"] = inline[source[4:]]
        elif "src" in picture.attributes and not (with_pictures and source.lower().startswith("https://")):
            del picture.attrs["src"]
    for link in tree.css("a[href]"):
        link.attrs["target"] = "_blank"
        link.attrs["rel"] = "noopener noreferrer nofollow"
    return Markup(tree.body.inner_html if tree.body is not None else "")  # noqa: S704  # cleaned at intake
