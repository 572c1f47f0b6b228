"""Files on their way in from a form."""

from collections.abc import Iterable

from werkzeug.datastructures import FileStorage

from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.placing import NewFile
from ticketdesk.web.texts import _

MOST = 20
LARGEST_IN_ALL = 25_000_000
"""Bytes; most mail servers take no more than this in one message."""
LONGEST_NAME = 200


def files(given: Iterable[FileStorage] | None) -> list[NewFile]:
    """The files that were chosen; raises Invalid when they are too many or too big."""
    made: list[NewFile] = []
    size = 0
    for file in given or ():
        if not isinstance(file, FileStorage) or not file.filename:
            continue
        content = file.read()
        size += len(content)
        made.append(NewFile(_name(file.filename), file.mimetype or "application/octet-stream", content))
    if len(made) > MOST or size > LARGEST_IN_ALL:
        raise Invalid(_("At most %(most)s files and 25 MB go into one message.", most=MOST), "files")
    return made


def _name(name: str) -> str:
    """The last part of the name without what no name needs; for showing only."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "file"
