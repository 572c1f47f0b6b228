"""In which language a visitor is spoken to: by the site's word, the widget's, their browser's, then the brand's."""

from collections.abc import Iterable

from babel import Locale, UnknownLocaleError

from ticketdesk.core.catalogues import OFFERED, SOURCE

LONGEST = 35
"""Letters of a language tag (RFC 5646, 4.4.1)."""
MOST = 10


def chosen(of_brand: str, wanted: Iterable[str], accepted: Iterable[str]) -> str:
    """The locale: its language is one of those offered, its region decides how dates and numbers are written.

    A language without a region is written as the brand writes it, where the brand speaks that language.
    """
    brand = _locale(of_brand)
    for tag in [*wanted, *list(accepted)[:MOST]]:
        found = _locale(tag)
        if found is not None:
            is_like_brand = brand is not None and found.territory is None and found.language == brand.language
            return str(brand if is_like_brand else found)
    return str(brand) if brand is not None else SOURCE


def _locale(tag: str) -> Locale | None:
    """What is known of a language tag; None for a language that is not offered, and for what is no tag."""
    language = tag.replace("-", "_").partition("_")[0].lower()
    if language not in OFFERED or len(tag) > LONGEST:
        return None
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale(language)
