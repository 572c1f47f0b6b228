"""The sheet on which another ticket is chosen, to be merged or linked with this one."""

from flask import Response, request

from ticketdesk.tickets import finding
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import dialogs, door, people

SHOWN = 8


def sheet(ticket: Ticket, asks: str, title: str, nothing: str) -> Response:
    """What has the typed words, or without any what the same contact asked; `asks` is the route that shows it."""
    words = request.args.get("q", "")
    found = finding.found(ticket, door.me(), words, SHOWN) if words.strip() else []
    same = [] if words.strip() else finding.of_the_same_contact(ticket, door.me(), SHOWN)
    shown: dict[str, object] = {
        "ticket": ticket,
        "words": words,
        "found": found,
        "same": same,
        "requesters": people.requesters([*found, *same]),
        "asks": asks,
        "title": title,
        "nothing": nothing,
    }
    return dialogs.sheet("desk/_choose.html", shown)
