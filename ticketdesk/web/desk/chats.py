"""The chat behind a ticket, if there is one: whether the visitor is there, and where an answer would go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.channels.chat import missed, visiting
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.people import People
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Chat:
    """How things stand with the visitor."""

    is_there: bool
    address: str | None  # where an answer goes that is not read in the chat
    asked_last: bool  # the newest words from outside came by chat, so the answer goes there

    @property
    def words(self) -> str:
        """Where an answer goes."""
        if self.is_there and self.address:
            return _("In the chat; by mail to %(address)s if they leave", address=self.address)
        if self.is_there:
            return _("In the chat, where they are now; they gave no address")
        if self.address:
            return _("The visitor has left: it will go by mail to %(address)s", address=self.address)
        return _("The visitor has left and gave no address: it waits in the chat")


def of(ticket: Ticket, people: People, now: datetime) -> Chat | None:
    """The chat of a ticket in which a visitor takes part."""
    if not any(person.kind == "visitor" and person.state == "active" for person in [people.requester, *people.others]):
        return None
    visitor = visiting.of_ticket(ticket)
    if visitor is None:
        return None
    address = missed.address_of(visitor, ticket)
    return Chat(
        is_there=visiting.left_since(visitor, now) is None,
        address=address.value if address is not None else None,
        asked_last=_newest_channel(ticket) == "chat",
    )


def _newest_channel(ticket: Ticket) -> str | None:
    return db.session.scalar(
        select(Message.channel)
        .join(Placement, Placement.message_id == Message.id)
        .where(
            Placement.ticket_id == ticket.id,
            Placement.ended_at.is_(None),
            Placement.held.is_(False),
            Message.direction == "in",
            Message.inert.is_(None),
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
