"""The languages an article can be in."""

from ticketdesk.core.fulltext import CONFIGURATIONS, configuration

__all__ = ["CONFIGURATIONS", "configuration", "of_locale"]


def of_locale(locale: str) -> str:
    """The code of a locale's language where there is one for articles, else English."""
    language = locale.replace("-", "_").partition("_")[0]
    return language if language in CONFIGURATIONS else "en"
