"""Files on their way in from a form."""

from collections.abc import Iterable

from werkzeug.datastructures import FileStorage

from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.placing import LARGEST_IN_ALL, MOST_FILES, NewFile
from ticketdesk.web.texts import _

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
        made.append(NewFile(plain_name(file.filename), file.mimetype or "application/octet-stream", content))
    if len(made) > MOST_FILES or size > LARGEST_IN_ALL:
        raise Invalid(_("At most %(most)s files and 25 MB go into one message.", most=MOST_FILES), "files")
    return made


def plain_name(name: str) -> str:
    """The last part of the name without what no name needs; for showing only."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "file"
