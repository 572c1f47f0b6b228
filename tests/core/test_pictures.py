"""Pictures by their bytes, traces in HTML, and words that can be read on their ground."""

import struct

import pytest
from selectolax.lexbor import LexborHTMLParser

from ticketdesk.core import html, html_contrast, html_images, pictures


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\x00\x00\x00"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00" * 8


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 9
    return b"\xff\xd8" + app + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\x00" * 9


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + size


@pytest.mark.parametrize(("make", "kind"), [(png, "png"), (gif, "gif"), (jpeg, "jpeg"), (webp, "webp")])
def test_kind_and_size_are_read_from_the_first_bytes(make: object, kind: str) -> None:
    assert callable(make)
    found = pictures.look(make(640, 480))
    assert found == pictures.Picture(f"image/{kind}", 640, 480)
    assert not found.is_too_large and not found.is_trace
    for end in range(len(make(640, 480)) - 12):
        pictures.look(make(640, 480)[:end])


def test_bombs_and_traces_are_seen_without_decoding() -> None:
    bomb, trace = pictures.look(png(60_000, 60_000)), pictures.look(gif(1, 1))
    assert bomb is not None and bomb.is_too_large
    assert trace is not None and trace.is_trace


@pytest.mark.parametrize("content", [b"", b"<svg onload=x>", b"%PDF-1.7", b"\xff\xd8\xff" + b"\xff" * 5000, b"GIF89a"])
def test_anything_else_is_no_picture(content: bytes) -> None:
    assert pictures.look(content) is None


@pytest.mark.parametrize(
    "written",
    [
        '<img src="https://t.test/a" width="1" height="1">',
        '<img src="https://t.test/a" height=0>',
        '<img src="https://t.test/a" style="width: 1px !important">',
        '<img src="http://t.test/a" style="display:none">',
    ],
)
def test_hidden_pictures_are_traces(written: str) -> None:
    assert html_images.count(html.clean(written)) == html_images.Remote(0, 1)


def test_only_pictures_of_the_internet_count() -> None:
    body = '<img src="https://t.test/a" width="100"><img src="cid:a"><img alt="x"><img src="http://t.test/b">'
    assert html_images.count(html.clean(body)) == html_images.Remote(2, 0)


# Newsletters, notices and signatures as they come: each has words that the cleaner alone would leave unseen.
COMMON = {
    "dark body": '<body bgcolor="#111111" text="#ffffff"><p>Dark all over</p></body>',
    "shorthand": '<td style="background:#1a1a2e url(x.png) no-repeat;color:#fff">Header</td>',
    "white on a picture": '<div style="background-image:url(x.png);color:white">Over a picture</div>',
    "white by font": '<font color="#ffffff">Unseen</font>',
    "dark theme of a client": '<div style="color:rgb(232, 230, 227)">Written in the dark</div>',
    "pale grey": '<span style="color:#dddddd">Terms apply</span>',
    "own ground": '<a style="background-color:#007bff;color:#ffffff" href="https://x.test">Button</a>',
    "black on black": '<div style="background-color:#000"><p>Ink of the page</p></div>',
    "body style": '<body style="margin:0;background:black"><p style="color:#eee">Night</p></body>',
}


@pytest.mark.parametrize("name", COMMON)
def test_every_word_can_be_read_on_its_ground(name: str) -> None:
    body = LexborHTMLParser(html.clean(COMMON[name])).body
    assert body is not None
    html_contrast.make_legible(body)
    assert _contrasts(body)
    assert min(_contrasts(body)) >= html_contrast.LEAST


def test_colours_that_can_be_read_stay_as_they_are() -> None:
    written = '<p style="color:#b00020">Red on white</p>'
    body = LexborHTMLParser(html.clean(written)).body
    assert body is not None
    html_contrast.make_legible(body)
    assert body.inner_html == written


def _contrasts(body: object) -> list[float]:
    """The contrast of every text with its ground, found from the text upwards: another way than the code's."""
    found = []
    for node in body.traverse(include_text=True):  # type: ignore[attr-defined]
        if node.tag != "-text" or not (node.text_content or "").strip():
            continue
        ink = ground = None
        above = node.parent
        while above is not None:
            said = dict(
                part.split(":", 1) for part in (above.attributes.get("style") or "").replace(" ", "").split(";") if part
            )
            font = above.attributes.get("color") if above.tag == "font" else None
            ink = ink or html_contrast.colour(said.get("color", font or ""))
            ground = ground or html_contrast.colour(said.get("background-color", above.attributes.get("bgcolor") or ""))
            above = above.parent
        found.append(html_contrast.contrast(ink or html_contrast.INK, ground or html_contrast.PAPER))
    return found
