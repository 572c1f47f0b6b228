"""The languages an article can be in, and what the search makes of their words."""

from collections.abc import Mapping

CONFIGURATIONS: Mapping[str, str] = {
    "cs": "simple",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "simple",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""By the language's code; those without rules of their own are found by their whole words or beginnings."""


def configuration(language: str) -> str:
    """The text search configuration of a language or a locale such as "en_GB"."""
    return CONFIGURATIONS.get(language.replace("-", "_").partition("_")[0], "simple")


def of_locale(locale: str) -> str:
    """The code of a locale's language where there is one for articles, else English."""
    language = locale.replace("-", "_").partition("_")[0]
    return language if language in CONFIGURATIONS else "en"
