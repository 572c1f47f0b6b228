"""Somebody else's files: named on a page, and as an answer, which is data to be saved, never a page (SECURITY R07)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response
from werkzeug.http import dump_options_header

POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
"""The pictures that may be looked at in place, known by their first bytes; everything else is only downloaded."""
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class File:
    """One attachment; `is_picture` is what its sender said of it, the file's own door looks at its bytes."""

    reference: str
    filename: str
    size: int
    is_picture: bool
    is_inline: bool  # part of an HTML letter


def listed(rows: Iterable[Sequence[Any]] | None) -> list[File]:
    """The files of `attachment.listed`."""
    return [
        File(reference, filename, size, kind in PICTURES, is_inline)
        for reference, filename, size, kind, is_inline in rows or ()
    ]


def download(content: bytes, filename: str) -> Response:
    """The bytes under a type that no browser opens by itself."""
    return _answer(content, filename, None)


def shown(content: bytes, filename: str) -> Response:
    """A picture to be looked at in place; anything else is a download, whatever it was declared to be."""
    return _answer(content, filename, picture_kind(content))


def picture_kind(content: bytes) -> str | None:
    """The type of a picture by its bytes, or None for anything else."""
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            return kind
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def _answer(content: bytes, filename: str, kind: str | None) -> Response:
    response = Response(content, content_type=kind or "application/octet-stream")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Disposition"] = dump_options_header(
        "inline" if kind else "attachment", _named(_printable(filename))
    )
    return response


def _named(name: str) -> dict[str, str]:
    """The name in letters that every header can carry, and beside it the true one where it has others (RFC 6266)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return {"filename": plain} if plain == name else {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}


def _printable(name: str) -> str:
    """The name without what could end a header line."""
    return "".join(letter for letter in name if letter.isprintable()) or "file"
