"""Mails on disk: single files, folders, mbox files, Maildirs and standard input, one after the other."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

SINGLE_ENDINGS = (".eml",)
MBOX_ENDINGS = (".mbox", ".mbx")
_MBOX_LINE = re.compile(
    rb"From [^\r\n]{0,300}?[ \t](?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ \t]+"
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ \t]+\d{1,2}[ \t]+\d{1,2}:\d\d[^\r\n]{0,60}\r?\n"
)
_QUOTED = re.compile(rb"^>(>{0,100}From )", re.MULTILINE)


def mails(path: str) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of every mail at a path, in the order in which they came; raises OSError.

    A Maildir and a folder are read in the order of their names, an mbox from its start.
    """
    if path == "-":
        yield from _of_file("-", sys.stdin.buffer.read())
        return
    place = Path(path)
    if not place.is_dir():
        yield from _of_file(path, place.read_bytes())
    elif _is_maildir(place):
        # Names begin with the second of arrival, whichever of the two folders a mail is in.
        for found in sorted([*_visible(place / "cur"), *_visible(place / "new")], key=lambda found: found.name):
            yield str(found), found.read_bytes()
    else:
        for found in sorted(_visible(place)):
            yield from mails(str(found))


def members(content: bytes) -> list[bytes]:
    """The mails of an mbox; one that is not separated by proper `From ` lines is a single mail as it is."""
    starts = [0] if _MBOX_LINE.match(content) else []
    if not starts:
        return [content]
    at = content.find(b"\nFrom ")
    while at >= 0:
        begins = at + 1
        # A separator stands after an empty line; anything else is a sentence that begins with "From".
        if content.endswith((b"\n\n", b"\n\r\n"), 0, begins) and _MBOX_LINE.match(content, begins):
            starts.append(begins)
        at = content.find(b"\nFrom ", begins)
    found = []
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        mail = content[content.index(b"\n", start) + 1 : end]
        mail = mail.removesuffix(b"\n").removesuffix(b"\r") if mail.endswith((b"\n\n", b"\n\r\n")) else mail
        found.append(_QUOTED.sub(rb"\1", mail))
    return found


def _of_file(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    found = [content] if name.lower().endswith(SINGLE_ENDINGS) else members(content)
    if len(found) == 1 and not name.lower().endswith(MBOX_ENDINGS):
        yield name, content
        return
    for number, mail in enumerate(found, start=1):
        yield f"{name}#{number}", mail


def _is_maildir(place: Path) -> bool:
    return (place / "cur").is_dir() and (place / "new").is_dir()


def _visible(place: Path) -> list[Path]:
    return [found for found in place.iterdir() if not found.name.startswith(".")]
