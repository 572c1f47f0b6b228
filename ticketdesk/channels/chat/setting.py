"""What a visitor's browser is set to: its language and the clock it goes by, for whoever answers; proves nothing."""

from babel import Locale, UnknownLocaleError

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.locales import zones

LONGEST = 64


def note(visitor: Visitor, language: str, timezone: str) -> None:
    """Keep both on the visitor; what is no language and no zone is as good as not said."""
    visitor.language = _language(language) or visitor.language
    visitor.timezone = timezone if timezone in zones() else visitor.timezone


def _language(tag: str) -> str | None:
    if len(tag) > LONGEST:
        return None
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError):
        return None
