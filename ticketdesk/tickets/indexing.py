"""Making messages findable: their words are put into the search in the transaction that changes them."""

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import aliased

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.search_row import CLIP, SearchRow
from ticketdesk.tickets.ticket import Ticket

_COLUMNS = ("message_id", "ticket_id", "is_public", "written_at", "channel", "has_files", "words")


def index(message: Message, ticket: Ticket) -> None:
    """Make a message findable in its ticket, both of which stand in the database already; one statement.

    Files and recipients may wait in the session to be written with whatever else has changed.
    """
    files, recipients, has_files = _unwritten(message)
    with db.session.no_autoflush:
        db.session.execute(
            _INDEX,
            {
                "message_id": message.id,
                "ticket_id": ticket.id,
                "files": files,
                "recipients": recipients,
                "has_files": has_files,
            },
        )


def index_ticket(ticket: Ticket) -> None:
    """Tell the search anew what stands in a ticket: its subject, its requester or its messages are others now."""
    db.session.flush()
    db.session.execute(_TICKET_AGAIN, {"ticket_id": ticket.id})


def index_moved(message_ids: Collection[int]) -> None:
    """Tell the search where messages stand after they were moved."""
    db.session.flush()
    db.session.execute(_MESSAGES_AGAIN, {"message_ids": list(message_ids)})


def rebuild(first: int, last: int) -> int:
    """Make the rows of the messages from one number to another anew; returns how many there are."""
    span = {"first": first, "last": last}
    db.session.execute(_FORGET_SPAN, span)
    made = db.session.execute(_SPAN.returning(_table.c.message_id), span)
    return len(made.all())


def last_message() -> int:
    """The highest number of a message; 0 where there is none."""
    return db.session.scalar(select(func.max(Message.id))) or 0


def _unwritten(message: Message) -> tuple[str, str, bool]:
    files: list[str] = []
    recipients: list[str] = []
    has_files = False
    for row in db.session.new:
        if isinstance(row, Attachment) and row.message_id == message.id:
            files.append(row.filename)
            has_files |= not row.inline
        elif isinstance(row, Recipient) and row.message_id == message.id:
            recipients.append(f"{row.name} {row.address}")
    return " ".join(files), " ".join(recipients), has_files


_table = cast(Table, SearchRow.__table__)  # written in sets, beside the session
_author = aliased(Identity)
_requester = aliased(Identity)


def _rows(
    more_files: ColumnElement[str], more_recipients: ColumnElement[str], more: ColumnElement[bool]
) -> Select[Any]:
    """A row for each message, from the tables around it; how message and ticket come together is the caller's."""
    names = select(func.string_agg(Attachment.filename, " ")).where(Attachment.message_id == Message.id)
    named = func.concat_ws(" ", Recipient.name, Recipient.address)
    went_to = select(func.string_agg(named, " ")).where(Recipient.message_id == Message.id)
    files = exists().where(Attachment.message_id == Message.id, not_(Attachment.inline))
    words = func.search_vector(
        func.concat_ws(" ", Ticket.subject, Message.subject, _requester.name, _requester.value),
        func.concat_ws(" ", _author.name, _author.value, Agent.name, Agent.email),
        func.concat_ws(" ", func.left(Message.text, CLIP), names.scalar_subquery(), more_files),
        func.concat_ws(" ", went_to.scalar_subquery(), more_recipients),
        Brand.locale,
    )
    return select(
        Message.id,
        Ticket.id,
        Message.kind == "public",
        Message.written_at,
        Message.channel,
        or_(files, more),
        words,
    )


def _around(rows: Select[Any]) -> Select[Any]:
    """With who wrote, who asks, and for which brand."""
    return (
        rows.join(Brand, Brand.id == Ticket.brand_id)
        .join(_requester, _requester.id == Ticket.requester_id)
        .outerjoin(_author, _author.id == Message.identity_id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
    )


def _kept(rows: Select[Any]) -> Insert:
    statement = insert(_table).from_select(_COLUMNS, rows)
    return statement.on_conflict_do_update(
        index_elements=[_table.c.message_id], set_={name: statement.excluded[name] for name in _COLUMNS[1:]}
    )


def _standing() -> Select[Any]:
    """Of what stands in tickets and can be found: held mail, what was redacted and what we write by machine cannot."""
    return _around(
        _rows(literal(""), literal(""), false())
        .select_from(Message)
        .join(Placement, and_(Placement.message_id == Message.id, Placement.ended_at.is_(None)))
        .join(Ticket, Ticket.id == Placement.ticket_id)
    ).where(
        Placement.held.is_(False),
        Message.redacted_at.is_(None),
        not_(and_(Message.direction == "out", Message.automatic)),
    )


# Built once: for every message, building costs more than writing.
_INDEX = _kept(
    _around(
        _rows(
            bindparam("files", type_=Text()),
            bindparam("recipients", type_=Text()),
            bindparam("has_files", type_=Boolean()),
        )
        .select_from(Message)
        .join(Ticket, Ticket.id == bindparam("ticket_id"))
    ).where(Message.id == bindparam("message_id"))
)
_TICKET_AGAIN = _kept(_standing().where(Placement.ticket_id == bindparam("ticket_id")))
_MESSAGES_AGAIN = _kept(_standing().where(Message.id.in_(bindparam("message_ids", expanding=True))))
_SPAN = _kept(_standing().where(Message.id.between(bindparam("first"), bindparam("last"))))
_FORGET_SPAN = delete(SearchRow).where(SearchRow.message_id.between(bindparam("first"), bindparam("last")))
