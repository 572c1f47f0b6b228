"""What a site's page says of its visitor is flat, short and few, or not kept."""

import pytest

from ticketdesk.channels.chat import attributes
from ticketdesk.core.errors import Invalid


def test_words_and_numbers_are_kept_as_said() -> None:
    said = '{"Plan": " Pro  plus ", "Cart": 3, "Since": -1.5, "Member": true}'
    assert attributes.understood(said) == {"Plan": "Pro plus", "Cart": 3, "Since": -1.5, "Member": True}
    assert attributes.understood("") == {}


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        "{",
        "[" * 5000,
        '{"a": {}}',
        '{"a": null}',
        '{"": "nameless"}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        f'{{"a": "{"x" * 201}"}}',
        f'{{"a": 1{"0" * 400}}}',
        f'{{"a": 1{"0" * 5000}}}',
        '{"a": 1e400}',
        '{"a": NaN}',
    ],
)
def test_whatever_else_comes_is_refused(said: str) -> None:
    with pytest.raises(Invalid):
        attributes.understood(said)
