"""From a brand's one colour to everything public pages need, readable in both themes.

Contrast is that of WCAG 2.2: relative luminance of the linear sRGB channels
(https://www.w3.org/TR/WCAG22/#dfn-relative-luminance), and (lighter + 0.05) / (darker + 0.05)
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

import colorsys
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

TEXT = 4.5
"""The least contrast of words with their ground (WCAG 1.4.3)."""
EASY_TEXT = 7.0
"""What reads well at night, and on a tinted ground still reaches TEXT."""
CONTROL = 3.0
"""The least contrast of a button with the page around it (WCAG 1.4.11)."""
WHITE, BLACK, DARK, NIGHT, INK = "#ffffff", "#000000", "#1a171f", "#231f2a", "#1d1a23"
"""Grounds of the tokens: the light surface, the dark one, and of the dark ones the palest; and the darkest words."""
DAY = "#f4f3f6"
"""The darkest of the light grounds."""
STEPS = 200

Channels = tuple[float, float, float]
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Colours:
    """A brand on pages: its ground and the words on it; for each theme its words, a tint and a line."""

    brand: str
    on_brand: str
    ink_light: str
    ink_dark: str
    tint_light: str
    tint_dark: str
    line_light: str
    line_dark: str


def is_colour(text: str) -> bool:
    """Whether it is written as #rrggbb."""
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """Relative luminance, from 0 for black to 1 for white."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def words_on(colour: str) -> str:
    """White or our ink, whichever reads better on it."""
    return WHITE if contrast(WHITE, colour) >= contrast(INK, colour) else INK


def fits(colour: str) -> bool:
    """Whether words can be read on it, and a button of it be told from a white page."""
    return contrast(words_on(colour), colour) >= TEXT and contrast(colour, WHITE) >= CONTROL


def nearest(colour: str) -> str:
    """The colour itself when it fits, else the one nearest to it on the way to black or to white that does."""
    if fits(colour):
        return colour
    return min(
        (found for ground in (BLACK, WHITE) if (found := _first(colour, ground, fits)) is not None),
        key=lambda found: _distance(colour, found),
    )


@lru_cache(maxsize=256)
def derived(colour: str) -> Colours:
    """Everything that follows from a brand's colour; one that does not fit is replaced by the nearest that does."""
    brand = nearest(colour)
    tint_light = mixed(brand, WHITE, 0.9)
    ink_dark = _lit(brand)
    return Colours(
        brand=brand,
        on_brand=words_on(brand),
        ink_light=_readable(brand, BLACK, (WHITE, DAY, tint_light)),
        ink_dark=ink_dark,
        tint_light=tint_light,
        tint_dark=mixed(ink_dark, DARK, 0.85),
        line_light=mixed(brand, WHITE, 0.65),
        line_dark=mixed(ink_dark, DARK, 0.65),
    )


def mixed(colour: str, ground: str, share: float) -> str:
    """A colour with this share of another in it, channel by channel."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return _written([own * (1 - share) + other * share for own, other in pairs])


def _lit(colour: str) -> str:
    """The same hue with so much light that it reads well at night; mixing in white would wash it out."""
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    for step in range(STEPS + 1):
        found = _written(list(colorsys.hls_to_rgb(hue, light + (1 - light) * step / STEPS, saturation)))
        if contrast(found, NIGHT) >= EASY_TEXT:
            return found
    return WHITE


def _readable(colour: str, towards: str, grounds: tuple[str, ...]) -> str:
    found = _first(colour, towards, lambda one: all(contrast(one, ground) >= TEXT for ground in grounds))
    return found or towards


def _first(colour: str, towards: str, good: Callable[[str], bool]) -> str | None:
    for step in range(STEPS + 1):
        found = mixed(colour, towards, step / STEPS)
        if good(found):
            return found
    return None


def _distance(one: str, other: str) -> float:
    return sum((a - b) ** 2 for a, b in zip(_channels(one), _channels(other), strict=True))


def _channels(colour: str) -> Channels:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _written(channels: list[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
