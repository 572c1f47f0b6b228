"""Words of HTML mail that would not be seen on the ground they stand on, given ink that is."""

from selectolax.lexbor import LexborNode

PAPER = (255, 255, 255)
INK = (29, 26, 35)
LEAST = 3.0
"""WCAG 2.2 asks 4.5:1 of our own words; what others wrote is changed only where it can hardly be read."""
MOST_NODES = 50_000
Colour = tuple[int, int, int]

_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "navy": (0, 0, 128), "maroon": (128, 0, 0), "purple": (128, 0, 128), "teal": (0, 128, 128), "lime": (0, 255, 0),
    "aqua": (0, 255, 255), "cyan": (0, 255, 255), "fuchsia": (255, 0, 255), "magenta": (255, 0, 255),
    "olive": (128, 128, 0), "orange": (255, 165, 0), "whitesmoke": (245, 245, 245), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "darkgray": (169, 169, 169), "darkgrey": (169, 169, 169), "dimgray": (105, 105, 105),
    "windowtext": (0, 0, 0), "window": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240),
}  # fmt: skip


def make_legible(body: LexborNode) -> None:
    """Give every element whose words would hardly be seen an ink that contrasts with its ground."""
    waiting: list[tuple[LexborNode, Colour, Colour]] = [(body, PAPER, INK)]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node, ground, ink = waiting.pop()
        child = node.child
        while child is not None:
            if child.tag is not None and not child.tag.startswith("-"):
                waiting.append((child, *_coloured(child, ground, ink)))
            child = child.next


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def colour(written: str) -> Colour | None:
    """What a colour of CSS or of an old attribute is; None for transparent ones and those not known."""
    word = written.strip().lower().removesuffix("!important").strip()
    if word in _NAMES:
        return _NAMES[word]
    if word.startswith(("rgb(", "rgba(")) and word.endswith(")"):
        return _of_numbers(word.partition("(")[2][:-1])
    digits = word.removeprefix("#")
    if len(digits) in (3, 4):
        digits = "".join(letter * 2 for letter in digits)
    if len(digits) not in (6, 8) or not digits.isascii() or (digits.endswith("00") and len(digits) == 8):
        return None
    try:
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    except ValueError:
        return None


def _coloured(node: LexborNode, ground: Colour, ink: Colour) -> tuple[Colour, Colour]:
    """Ground and ink inside an element, which is changed where they cannot be told apart."""
    given = node.attributes
    style = given.get("style") or ""
    declared = _declared(style)
    own_ground = colour(declared.get("background-color", given.get("bgcolor") or ""))
    own_ink = colour(declared.get("color", (given.get("color") or "") if node.tag == "font" else ""))
    if own_ground is None and own_ink is None:
        return ground, ink
    ground, ink = own_ground or ground, own_ink or ink
    if contrast(ground, ink) < LEAST:
        ink = max((INK, PAPER), key=lambda candidate: contrast(ground, candidate))
        node.attrs["style"] = f"{style.rstrip('; ')};color:#{ink[0]:02x}{ink[1]:02x}{ink[2]:02x}".lstrip(";")
    return ground, ink


def _declared(style: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value
    return found


def _of_numbers(inside: str) -> Colour | None:
    numbers = inside.replace(",", " ").replace("/", " ").split()
    if len(numbers) not in (3, 4) or (len(numbers) == 4 and numbers[3] in ("0", "0.0", "0%")):
        return None
    if not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers[:3]):
        return None
    red, green, blue = (min(int(number), 255) for number in numbers[:3])
    return red, green, blue


def _luminance(of: Colour) -> float:
    red, green, blue = (part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in of)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
