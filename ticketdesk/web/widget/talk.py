"""What was said, for whoever takes part."""

from flask import Response, make_response, render_template, request

from ticketdesk.channels.chat import talk as talks
from ticketdesk.web.widget import door, entries, hours
from ticketdesk.web.widget.door import blueprint

SEQ = "X-Seq"
UNREAD = "X-Unread"


@blueprint.get("/widget/<key>/talk")
def talk(key: str) -> Response:
    """What came after a number that this browser has already, and how far the talk is now."""
    visitor = door.visitor(door.widget(key))
    state, found = talks.state(visitor), talks.letters(visitor, _after())
    cut = len(found) == talks.PAGE and _after() > 0
    response = make_response(
        render_template(
            "widget/_entries.html", entries=entries.of(found, visitor), expected=hours.awaited(visitor, door.now())
        )
    )
    response.headers[SEQ] = str(found[-1].seq if cut else state.seq)
    response.headers[UNREAD] = str(state.unread)
    return response


def _after() -> int:
    said = request.args.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
