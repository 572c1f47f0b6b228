"""The widget's doors: what visitors of other people's sites come in through."""

from ticketdesk.web.widget import (
    address,
    articles,
    ending,
    files,
    frame,
    identity,
    live,
    messages,
    rating,
    reading,
    talk,
    transcript,
    typing,
    visits,
)
from ticketdesk.web.widget.door import blueprint

__all__ = [
    "address",
    "articles",
    "blueprint",
    "ending",
    "files",
    "frame",
    "identity",
    "live",
    "messages",
    "rating",
    "reading",
    "talk",
    "transcript",
    "typing",
    "visits",
]
