"""What a site's page says of its visitor beside name and address: a few short facts that prove nothing (pure)."""

import json

from ticketdesk.core.errors import Invalid

MOST = 20
LONGEST_NAME = 40
LONGEST_VALUE = 200
LONGEST = 16_000
"""Letters of all of them as they are sent."""
LARGEST = 1e15

Attribute = str | int | float | bool


def understood(text: str) -> dict[str, Attribute]:
    """The facts in a JSON object; raises Invalid for whatever is not flat, short and few."""
    if not text:
        return {}
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or len(found) > MOST:
        raise Invalid("These facts cannot be kept.", "attributes")
    return {_name(name): _value(value) for name, value in found.items()}


def _name(name: str) -> str:
    words = " ".join(name.split())
    if not 0 < len(words) <= LONGEST_NAME or not words.isprintable():
        raise Invalid("These facts cannot be kept.", "attributes")
    return words


def _value(value: object) -> Attribute:
    if isinstance(value, str):
        words = " ".join(value.split())
        if len(words) <= LONGEST_VALUE and words.isprintable():
            return words
    elif isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < LARGEST):
        return value
    raise Invalid("These facts cannot be kept.", "attributes")
