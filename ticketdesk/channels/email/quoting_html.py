"""The newest words of an HTML body."""

from ticketdesk.channels.email.quoting import Cut
from ticketdesk.channels.email.quoting import split as split_text
from ticketdesk.core import html


def split(source: str) -> Cut:
    """Cut an HTML body."""
    return split_text(html.to_text(source))
