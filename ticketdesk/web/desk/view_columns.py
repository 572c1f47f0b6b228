"""What rows of a saved view show besides: the columns that were chosen for it, read in one question for a page."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, SQLColumnExpression, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Contact, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.tickets import view_fields, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting, labels
from ticketdesk.web.desk import own_fields
from ticketdesk.web.texts import _


def facts(ids: Collection[int], columns: Sequence[str], agent: Agent, now: datetime) -> dict[int, tuple[str, ...]]:
    """The chosen facts of some tickets by their ids, in words; what a ticket has none of is left out.

    A queue is named only where the reader sees it; the caller answers for the ids.
    """
    if not ids or not columns:
        return {}
    rows = db.session.execute(select(Ticket.id, *asked(columns, agent)).where(Ticket.id.in_(ids)))
    own = {name: field for name, field in view_fields.own().items() if name in columns} if _has_own(columns) else {}
    said = own_fields.said_of(ids, list(own.values()), agent)
    return {
        row.id: tuple(
            words
            for name in columns
            if (words := said.get((row.id, own[name].id), "") if name in own else _words(name, row, now))
        )
        for row in rows
    }


def asked(columns: Sequence[str], agent: Agent) -> list[ColumnElement[Any]]:
    """Those that every ticket has, as columns of a question for tickets, called by their names."""
    return [ask(agent).label(name) for name, ask in _ASKED.items() if name in columns]


def _has_own(columns: Sequence[str]) -> bool:
    return any(name.startswith(view_fields.PREFIX) for name in columns)


def _words(name: str, row: Row[Any], now: datetime) -> str:
    value = getattr(row, name, None)  # a field that is gone is none of them
    if value is None:
        return ""
    if name == "number":
        return f"#{value}"
    if name == "priority":
        return labels.priority(value)
    if name == "tags":
        return ", ".join(value)
    if name == "opened":
        return _("opened %(date)s", date=formatting.short_date(value, now))
    if name == "updated":
        return _("changed %(date)s", date=formatting.short_date(value, now))
    return str(value)


def _queue(agent: Agent) -> ColumnElement[Any]:
    named = visibility.visible_queues(visibility.reader(agent)).with_only_columns(Queue.name).order_by(None)
    return named.where(Queue.id == Ticket.queue_id).scalar_subquery()


def _organization(agent: Agent) -> ColumnElement[Any]:
    return (
        select(Organization.name)
        .join(Contact, Contact.organization_id == Organization.id)
        .join(IdentityLink, IdentityLink.contact_id == Contact.id)
        .where(IdentityLink.identity_id == Ticket.requester_id, IdentityLink.ended_at.is_(None))
        .scalar_subquery()
    )


def _tags(agent: Agent) -> ColumnElement[Any]:
    return (
        select(func.array_agg(aggregate_order_by(Tag.name, Tag.name)))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == Ticket.id)
        .scalar_subquery()
    )


_ASKED: Mapping[str, Callable[[Agent], SQLColumnExpression[Any]]] = {
    "number": lambda agent: Ticket.number,
    "status": lambda agent: select(Status.name).where(Status.id == Ticket.status_id).scalar_subquery(),
    "priority": lambda agent: Ticket.priority,
    "queue": _queue,
    "organization": _organization,
    "tags": _tags,
    "opened": lambda agent: Ticket.opened_at,
    "updated": lambda agent: Ticket.updated_at,
}
