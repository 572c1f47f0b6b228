"""Whoever answers sees what a visitor's browser is set to, as far as it makes sense."""

from collections.abc import Callable

import pytest

from tests.web.widget.conftest import Browser

Comes = Callable[..., Browser]


@pytest.mark.parametrize(
    ("language", "timezone", "kept"),
    [
        ("de-AT", "Europe/Vienna", ("de-AT", "Europe/Vienna")),
        ("de_AT", "Europe/Nowhere", (None, None)),
        ("../../etc/passwd", "/etc/localtime", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_language_and_clock(comes: Comes, language: str, timezone: str, kept: tuple[str | None, str | None]) -> None:
    visitor = comes(language=language, timezone=timezone).visitor
    assert (visitor.language, visitor.timezone) == kept


def test_endless_ones_are_refused(comes: Comes) -> None:
    browser = comes()
    assert browser.post("visits", timezone="x" * 65).status_code == 422
    assert browser.post("identity", language="x" * 65).status_code == 422
