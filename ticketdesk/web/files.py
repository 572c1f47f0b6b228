"""Somebody else's files: data to be saved, never a page of ours (SECURITY R07)."""

from urllib.parse import quote

from flask import Response

PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
POLICY = "sandbox; default-src 'none'; img-src 'self'; frame-ancestors 'self'"
LONGEST_NAME = 150


def send(content: bytes, filename: str, *, inline: bool = False) -> Response:
    """The file as a download; a picture may also be shown in its place, when its own first bytes say what it is."""
    kind = picture(content)
    shown = inline and kind is not None
    response = Response(content, content_type=kind if shown else "application/octet-stream")
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in filename
    )
    name = filename[-LONGEST_NAME:] or "file"
    response.headers["Content-Disposition"] = (
        f'{"inline" if shown else "attachment"}; filename="{plain[-LONGEST_NAME:] or "file"}"; '
        f"filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    )
    response.headers["Content-Security-Policy"] = POLICY
    return response


def picture(content: bytes) -> str | None:
    """The type of a picture that every browser draws without running anything; None for all else."""
    for first, kind in PICTURES.items():
        if content.startswith(first):
            return kind
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
