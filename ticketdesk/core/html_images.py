"""Pictures in HTML mail that stand elsewhere: those to be seen, and those that only tell that somebody looked."""

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ticketdesk.core.pictures import SMALLEST

LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Remote:
    """How many there are of either kind."""

    pictures: int
    traces: int


def count(html: str) -> Remote:
    """The pictures of a cleaned mail that would be fetched from elsewhere."""
    if "<img" not in html or len(html) > LONGEST:
        return Remote(0, 0)
    found = [node for node in LexborHTMLParser(html).css("img") if is_remote(node)]
    traces = sum(is_trace(node) for node in found)
    return Remote(len(found) - traces, traces)


def is_remote(image: LexborNode) -> bool:
    """Whether a picture is fetched over the internet."""
    return (image.attributes.get("src") or "").lower().startswith(("https://", "http://"))


def is_trace(image: LexborNode) -> bool:
    """Whether a picture is too small, or hidden, to be there for whoever reads."""
    given = image.attributes
    flat = "".join((given.get("style") or "").lower().split())
    if "display:none" in flat or any(_tiny(side) for side in (given.get("width"), given.get("height"))):
        return True
    sizes = (declaration.partition(":") for declaration in flat.split(";"))
    return any(name in ("width", "height") and _tiny(value) for name, _, value in sizes)


def _tiny(written: str | None) -> bool:
    number = (written or "").strip().removesuffix("!important").removesuffix("px").strip()
    return number.isascii() and number.isdigit() and len(number) < 6 and int(number) < SMALLEST
