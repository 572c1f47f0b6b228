"""The files of a talk."""

from flask import Response

from ticketdesk.channels.chat import talk
from ticketdesk.core import storage
from ticketdesk.core.errors import NotFound
from ticketdesk.web import files
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint


@blueprint.get("/widget/<key>/files/<reference>")
def file(key: str, reference: str) -> Response:
    """A file of the visitor's own talk: a picture in place, everything else to be saved (SECURITY R07)."""
    found = talk.file(door.visitor(door.widget(key)), reference)
    if found is None:
        raise NotFound
    return files.shown(storage.read(found.blob_sha256), found.filename)
