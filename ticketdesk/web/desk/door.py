"""What all desk routes begin with: who asks, when, and the ticket they may see."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, Response, g, request
from sqlalchemy import Select, bindparam
from sqlalchemy.orm import joinedload

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotAllowed, NotFound, Refused
from ticketdesk.tickets import locking, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Known
from ticketdesk.web import auth, errors
from ticketdesk.web.texts import _

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

WHILE_MERGED = ("ticket.read", "ticket.merge", "ticket.draft", "ticket.follow_up", "ticket.unlink", "ticket.measure")
"""What can be done with a ticket that was merged: words that were begun there must not be lost, whoever was not content
there is still owed somebody's coming back, what is linked to it must get free for the one it became part of, and time
that was measured there was spent.
"""


class Merged(Conflict):
    """What was to be changed is part of another ticket now."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(_("#%(number)s was merged into another ticket; change that one.", number=ticket.number))
        self.ticket = ticket


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
    return _found(number)[0]


def _found(number: int, *, locked: bool = False) -> tuple[Ticket, Level | None]:
    """The ticket, and how far the agent may go with it."""
    row = db.session.execute(_finding(visibility.reader(me()), locked=locked), {"number": number}).one_or_none()
    if row is None:
        raise NotFound("There is no such ticket, or none that you can see.")
    if locked:
        locking.hold(row[0])
    return row[0], visibility.level_at(me(), row[0], row[1])


@lru_cache(maxsize=500)
def _finding(agent: Known, *, locked: bool) -> Select[Any]:
    """Built once for each who asks: building costs more than asking."""
    wanted = visibility.visible_tickets(agent).where(Ticket.number == bindparam("number"))
    wanted = wanted.options(joinedload(Ticket.queue), joinedload(Ticket.status)).add_columns(visibility.rank(agent))
    if not locked:
        return wanted
    return wanted.with_for_update(key_share=True, of=Ticket).execution_options(populate_existing=True)


def find_for(number: int, permission: str, *, locked: bool = False) -> Ticket:
    """A ticket that the agent may do this with; raises NotFound, or NotAllowed with no more than that.

    Locked, where that is certain to be needed, so that it is not read again for it.
    Raises Merged for a merged ticket, in which there is little left to be done but to separate it again.
    """
    ticket, level = _found(number, locked=locked)
    check(permission, level)
    if ticket.merged_into_id is not None and permission not in WHILE_MERGED:
        raise Merged(ticket)
    return ticket


def check(permission: str, level: Level | None = None) -> None:
    """Raises NotAllowed when the table of permissions says no."""
    if not allowed(me(), permission, level):
        raise NotAllowed(_("You may read this ticket, but this is for those who answer for it."))
