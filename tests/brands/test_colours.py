"""A brand's colours can be read in both themes, whatever somebody chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketdesk.brands import colours

HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.00),
        ("#6b2c64", "#f6ebf5", 8.4),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert colours.contrast(one, other) == colours.contrast(other, one)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("#22483b", True), ("#22483B", False), ("22483b", False), ("#22483", False), ("#22483b;", False), ("", False)],
)
def test_what_is_a_colour(text: str, is_one: bool) -> None:
    assert colours.is_colour(text) is is_one


@pytest.mark.parametrize("colour", ["#ffcc00", "#ffffff", "#808080", "#ff0000", "#777777"])
def test_what_does_not_fit_has_a_neighbour_that_does(colour: str) -> None:
    assert not colours.fits(colour)
    assert colours.fits(colours.nearest(colour))


@given(HEX)
def test_the_nearest_always_fits_and_what_fits_stays(colour: str) -> None:
    near = colours.nearest(colour)
    assert colours.fits(near)
    assert colours.nearest(near) == near


@given(HEX)
def test_everything_derived_can_be_read(colour: str) -> None:
    made = colours.derived(colour)
    assert colours.contrast(made.on_brand, made.brand) >= 4.5
    assert colours.contrast(made.brand, "#ffffff") >= 3
    for ground in ("#ffffff", "#f4f3f6", made.tint_light):
        assert colours.contrast(made.ink_light, ground) >= 4.5, ground
    for ground in ("#110f15", "#1a171f", "#231f2a", made.tint_dark):
        assert colours.contrast(made.ink_dark, ground) >= 4.5, ground
    for ink, ground in (("#1d1a23", made.tint_light), ("#edebf1", made.tint_dark)):
        assert colours.contrast(ink, ground) >= 7


def test_the_nearest_is_near() -> None:
    """A red only just too bright becomes another red, not a brown."""
    assert colours.nearest("#ff0000") == "#ee0000"
