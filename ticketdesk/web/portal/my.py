"""All tickets of a customer who signed in, and each of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response as FileResponse
from flask import render_template, request
from sqlalchemy import and_, case, or_, select
from werkzeug.wrappers import Response

from ticketdesk.contacts import entering as proven
from ticketdesk.contacts import sessions
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import sight
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.status import UNSOLVED
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.portal import door, entering, looking, progress, talking
from ticketdesk.web.portal.door import blueprint

PAGE = 25


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket in the list."""

    number: int
    subject: str
    icon: str
    state: str
    is_over: bool
    is_my_turn: bool
    at: datetime


@blueprint.get("/my")
def my() -> Response | str:
    """The list: what is open first, then the newest."""
    identity = entering.signed_in()
    if isinstance(identity, Response):
        return identity
    brand = door.brand()
    found = _tickets(identity, request.args.get("after"))
    leaving = sight.leaving([ticket.id for ticket in found])
    return render_template(
        "portal/my.html",
        brand=brand,
        identity=identity,
        lines=[_line(ticket, is_leaving=ticket.id in leaving) for ticket in found[:PAGE]],
        after=_key(found[PAGE - 1]) if len(found) > PAGE else None,
        is_first="after" not in request.args,
        sessions=sessions.of(identity.id, door.now()),
        this=entering.row().id,
    )


@blueprint.get("/my/tickets/<int:number>")
def my_ticket(number: int) -> Response:
    """One of them, or what is new in it."""
    found = _find(number)
    if isinstance(found, Response):
        return found
    return talking.news(found, request.args["after"]) if "after" in request.args else talking.page(found)


@blueprint.post("/my/tickets/<int:number>/answers")
def my_ticket_answer(number: int) -> Response:
    """Add to it."""
    found = _find(number)
    return found if isinstance(found, Response) else talking.answer(found)


@blueprint.post("/my/tickets/<int:number>/resolution")
def my_ticket_solve(number: int) -> Response:
    """Say that it is done."""
    found = _find(number)
    return found if isinstance(found, Response) else talking.solve(found)


@blueprint.post("/my/tickets/<int:number>/reopening")
def my_ticket_reopen(number: int) -> Response:
    """Say that it is not."""
    found = _find(number)
    return found if isinstance(found, Response) else talking.reopen(found)


@blueprint.get("/my/tickets/<int:number>/files/<reference>")
def my_ticket_file(number: int, reference: str) -> FileResponse | Response:
    """One of its files."""
    found = _find(number)
    return found if isinstance(found, Response) else talking.file(found, reference)


def _find(number: int) -> looking.Looking | Response:
    identity = entering.signed_in()
    return identity if isinstance(identity, Response) else looking.by_session(identity, number)


def _tickets(identity: Identity, after: str | None) -> list[Ticket]:
    """One more than a page of tickets in which this customer takes part."""
    takes_part = (
        select(Participant.ticket_id)
        .where(Participant.identity_id.in_(proven.identities_of(identity)), Participant.state == "active")
        .scalar_subquery()
    )
    is_open = Ticket.category.in_(UNSOLVED)
    wanted = (
        select(Ticket)
        .where(
            Ticket.id.in_(takes_part),
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
            Ticket.merged_into_id.is_(None),
        )
        .order_by(case((is_open, 1), else_=0).desc(), Ticket.number.desc())
        .limit(PAGE + 1)
    )
    kind, _dash, number = (after or "").partition("-")
    if kind in ("open", "over") and number.isdecimal() and len(number) < 19:
        older: Any = Ticket.number < int(number)
        wanted = wanted.where(or_(and_(is_open, older), ~is_open) if kind == "open" else and_(~is_open, older))
    return list(db.session.scalars(wanted))


def _key(ticket: Ticket) -> str:
    """Where the next page begins."""
    return f"{'open' if ticket.category in UNSOLVED else 'over'}-{ticket.number}"


def _line(ticket: Ticket, *, is_leaving: bool) -> Line:
    icon, state = progress.short(ticket, is_leaving=is_leaving)
    answered_at = None if is_leaving else ticket.answered_at
    moments = [ticket.opened_at, answered_at, ticket.customer_wrote_at, ticket.solved_at]
    return Line(
        number=ticket.number,
        subject=ticket.subject,
        icon=icon,
        state=state,
        is_over=ticket.category not in UNSOLVED,
        is_my_turn=ticket.category == "pending",
        at=max(moment for moment in moments if moment is not None),
    )
