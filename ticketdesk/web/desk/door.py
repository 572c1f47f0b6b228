"""What all desk routes begin with: who asks, when, and the ticket they may see."""

import json
from datetime import datetime
from typing import cast

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import joinedload

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotAllowed, NotFound, Refused
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import auth, errors
from ticketdesk.web.texts import _

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

WHILE_MERGED = ("ticket.read", "ticket.merge", "ticket.draft", "ticket.follow_up")
"""What can be done with a ticket that was merged: words that were begun there must not be lost, and whoever was not
content there is still owed somebody's coming back.
"""


@blueprint.context_processor
def moment() -> dict[str, datetime]:
    """Templates reckon with the same moment."""
    return {"now": now()}


@blueprint.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """A fragment cannot show a page: whoever clicked is told in one sentence, and what is on the page stays."""
    status = next((code for kind, code in errors.STATUS.items() if isinstance(refusal, kind)), 400)
    if not by_htmx():
        return errors.answer(status, str(refusal))
    response = Response(status=status)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Trigger"] = json.dumps({"refused": str(refusal)})
    return response


def now() -> datetime:
    """The moment of this request."""
    return cast(datetime, g.now)


def me() -> Agent:
    """Who asks."""
    return auth.signed_in()


def by_htmx() -> bool:
    """Whether a fragment is wanted instead of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def find(number: int) -> Ticket:
    """A ticket by its number, among those that the agent may see; raises NotFound."""
    wanted = visibility.visible_tickets(me()).where(Ticket.number == number)
    ticket = db.session.scalar(wanted.options(joinedload(Ticket.queue), joinedload(Ticket.status)))
    if ticket is None:
        raise NotFound("There is no such ticket, or none that you can see.")
    return ticket


def find_for(number: int, permission: str) -> Ticket:
    """A ticket that the agent may do this with; raises NotFound, or NotAllowed with no more than that.

    Raises Conflict for a merged ticket, in which there is little left to be done but to separate it again.
    """
    ticket = find(number)
    check(permission, visibility.level(me(), ticket))
    if ticket.merged_into_id is not None and permission not in WHILE_MERGED:
        raise Conflict(_("#%(number)s was merged into another ticket; change that one.", number=number))
    return ticket


def check(permission: str, level: Level | None = None) -> None:
    """Raises NotAllowed when the table of permissions says no."""
    if not allowed(me(), permission, level):
        raise NotAllowed(_("You may read this ticket, but this is for those who answer for it."))
