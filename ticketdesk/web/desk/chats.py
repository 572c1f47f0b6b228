"""The chat behind a ticket, if there is one: whether the visitor is there, and where an answer would go."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import belonging, missed, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.contacts.contact import CHATTING
from ticketdesk.core.db import db
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.replying import NEWEST_INCOMING
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.people import People
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Chat:
    """How things stand with the visitor."""

    is_there: bool
    address: str | None  # where an answer goes that is not read in the chat
    asked_last: bool  # the newest words from outside came by chat, so the answer goes there
    visitor: Visitor | None = None
    rings_for: str | None = None  # the colleague to whom it is being handed over

    @property
    def pages(self) -> list[tuple[datetime, str]]:
        """Where on the site they were before, the newest first."""
        earlier = self.visitor.pages if self.visitor is not None else []
        return [(datetime.fromisoformat(one["at"]), one["url"]) for one in reversed(earlier)]

    def local_time(self, now: datetime) -> datetime | None:
        """What their clock shows."""
        name = self.visitor.timezone if self.visitor is not None else None
        return now.astimezone(ZoneInfo(name)) if name else None

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
    if not any(person.kind in CHATTING and person.state == "active" for person in [people.requester, *people.others]):
        return None
    visitor = belonging.of_ticket(ticket)
    if visitor is None:
        return None
    address = missed.address_of(visitor, ticket)
    newest_channel, rings_for = db.session.execute(_STANDING, {"ticket_id": ticket.id}).one()
    return Chat(
        is_there=visiting.left_since(visitor, now) is None,
        address=address.value if address is not None else None,
        asked_last=newest_channel == "chat",
        visitor=visitor,
        rings_for=rings_for,
    )


# Built once: building costs more than asking.
_RINGS_FOR = (
    select(Agent.name)
    .join(RoutingOffer, RoutingOffer.agent_id == Agent.id)
    .where(
        RoutingOffer.ticket_id == bindparam("ticket_id"),
        RoutingOffer.state == "ringing",
        RoutingOffer.purpose == "transfer",
    )
    .limit(1)
)
_NEWEST_CHANNEL = NEWEST_INCOMING.with_only_columns(Message.channel)
_STANDING = select(_NEWEST_CHANNEL.scalar_subquery(), _RINGS_FOR.scalar_subquery())
