"""What was said, for whoever takes part."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, render_template, request
from sqlalchemy import Row

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import talk as talks
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.widget import door, entries, hours, rating
from ticketdesk.web.widget.door import blueprint

SEQ = "X-Seq"
UNREAD = "X-Unread"
STATE = "X-State"
"""How the talk stands: "none", "open", or "over"; "asked" when it is over and how it was can be said beside it."""
SEEN = "X-Seen"
WITH = "X-With"
"""The name of who took the talk, with what a header cannot hold written in percents; empty while nobody did."""


@blueprint.get("/widget/<key>/talk")
def talk(key: str) -> Response:
    """What came after a number that this browser has already, and how far the talk is now."""
    _widget, visitor = door.here(key)
    ticket = talks.standing(visitor)  # kept, since others look at it as well
    state, found = talks.state(visitor), talks.letters(visitor, _after())
    cut = len(found) == talks.PAGE and _after() > 0
    response = make_response(
        render_template(
            "widget/_entries.html", entries=entries.of(found, visitor), expected=hours.awaited(visitor, door.now())
        )
    )
    response.headers[SEQ] = str(found[-1].seq if cut else state.seq)
    response.headers[UNREAD] = str(state.unread)
    response.headers[STATE] = _state(ticket, visitor)
    response.headers[SEEN] = str(state.seen)
    response.headers[WITH] = _with(ticket, found)
    return response


def _after() -> int:
    said = request.args.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


def _state(ticket: Ticket | None, visitor: Visitor) -> str:
    if ticket is None:
        return "none"
    if ticket.is_active:
        return "open"
    return "asked" if rating.is_offered(visitor) else "over"


def _with(ticket: Ticket | None, said: Sequence[Row[Any]]) -> str:
    if ticket is None or ticket.assignee_id is None or not ticket.is_active or ticket.medium != "chat":
        return ""
    name: str | None = next((row.agent_name for row in said if row.Message.agent_id == ticket.assignee_id), None)
    return quote(name or db.session.get_one(Agent, ticket.assignee_id).name)
