"""The widget's doors: what visitors of other people's sites come in through."""

from ticketdesk.web.widget import address, files, frame, live, messages, reading, talk, visits
from ticketdesk.web.widget.door import blueprint

__all__ = ["address", "blueprint", "files", "frame", "live", "messages", "reading", "talk", "visits"]
