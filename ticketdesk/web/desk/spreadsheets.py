"""The tickets of a view or of a search as a spreadsheet, with what fields of one's own say of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response
from flask_babel import get_timezone
from sqlalchemy import Row, Select, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.tickets import fields, search_query, searching
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door, found, listing, own_fields, view_columns, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.texts import _

MOST = 10_000
PATIENCE_MS = 10_000
HEAD = ("number", "subject", "status", "priority", "queue", "assignee", "requester", "address", "organization", "tags")


@blueprint.get("/views/<name>/tickets.csv")
def view_file(name: str) -> Response:
    """All tickets of a view, in its order."""
    view = views.rail(door.me(), views.queues_of(door.me())).view(name)
    wanted = listing.ordered(views.tickets(view, door.me(), door.now()), view.order)
    return _file(wanted.with_only_columns(Ticket.id).limit(MOST), "tickets")


@blueprint.get("/search/tickets.csv")
def search_file() -> Response:
    """All that a search finds, the newest tickets first."""
    query = search_query.understand(found.question())
    try:
        with bounded(PATIENCE_MS):
            wanted = searching.all_of(query, door.me(), get_timezone())
    except TooSlow as error:
        raise _too_slow() from error
    return _file(wanted.order_by(Ticket.id.desc()).limit(MOST), "found-tickets")


def _file(wanted: Select[int], name: str) -> Response:
    """Four questions, whatever the number of tickets, and one for each kind of thing that is referred to."""
    asked = fields.shown()
    try:
        with bounded(PATIENCE_MS):
            ids = list(db.session.scalars(wanted))
            rows = {row.id: row for row in db.session.execute(_facts(door.me()).where(Ticket.id.in_(ids)))}
            said = own_fields.words_of(ids, asked, door.me())
    except TooSlow as error:
        raise _too_slow() from error
    head = [*HEAD, "opened", "changed", *(field.label for field in asked)]
    lines = (_line(rows[row_id], asked, said) for row_id in ids if row_id in rows)
    response = Response(csv_of(head, lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _too_slow() -> Conflict:
    return Conflict(_("These tickets take too long to gather. Add a condition that few of them fulfil."))


def _facts(agent: Agent) -> Select[Any]:
    """A queue is named only where the reader sees it, as in lists."""
    names = ("number", "status", "priority", "queue", "organization", "tags")
    return (
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.opened_at,
            Ticket.updated_at,
            Agent.name.label("assignee"),
            Identity.name.label("requester"),
            Identity.kind,
            Identity.value,
            *view_columns.asked(names, agent),
        )
        .join(Identity, Identity.id == Ticket.requester_id)
        .outerjoin(Agent, Agent.id == Ticket.assignee_id)
    )


def _line(row: Row[Any], asked: Sequence[TicketField], said: dict[tuple[int, int], str]) -> list[object]:
    return [
        row.number,
        row.subject,
        row.status,
        row.priority,
        row.queue,
        row.assignee,
        row.requester,
        row.value if row.kind == "email" else "",
        row.organization,
        ", ".join(row.tags or ()),
        _moment(row.opened_at),
        _moment(row.updated_at),
        *(_number(field, said.get((row.id, field.id), "")) for field in asked),
    ]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _number(field: TicketField, words: str) -> object:
    """Numbers stay numbers, so that a spreadsheet reckons with them."""
    return Decimal(words) if field.kind == "number" and words else words
