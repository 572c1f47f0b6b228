"""Chats as tests hold them: a widget, visitors, and what they say at which moment."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import select

from tests.people import World
from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import reaching, reading, saying, talk, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

SHOP = "https://shop.example"
DANA = "dana@customer.example"

_keys = count(1)


def widget_of(world: World, queue: Queue | None = None, at: datetime | None = None) -> Widget:
    """A widget on the shop's pages."""
    queue = queue or world.care_queue
    made = Widget(
        brand_id=world.brand.id,
        queue_id=queue.id,
        name="Shop",
        key=tokens.reference(),
        origins=[SHOP],
        created_at=at or world.mailbox.created_at,
    )
    db.session.add(made)
    db.session.commit()
    return made


@dataclass
class Guest:
    """One visitor with their widget."""

    widget: Widget
    visitor_id: int
    secret: str

    @property
    def visitor(self) -> Visitor:
        """As the database has it now."""
        return db.session.get_one(Visitor, self.visitor_id, populate_existing=True)

    def says(self, text: str, at: datetime, key: str | None = None) -> Message:
        """They write; committed."""
        message, _is_new = saying.say(
            self.visitor, self.widget, text=text, client_key=key or f"key-{next(_keys)}", at=at
        )
        db.session.commit()
        return message

    def reads(self, at: datetime, seq: int | None = None) -> None:
        """They see what there is, or a part of it."""
        visitor = self.visitor
        reading.read(visitor, talk.state(visitor).seq if seq is None else seq, at)
        db.session.commit()

    def stays(self, at: datetime) -> None:
        """A sign of life."""
        visiting.seen(self.visitor_id, at)
        db.session.commit()

    def leaves(self, at: datetime) -> None:
        """They close the page."""
        visiting.leave(self.visitor, at)
        db.session.commit()

    def gives(self, address: str, at: datetime, name: str = "") -> None:
        """They say where answers may go."""
        reaching.answer_to(self.visitor, name=name, email=address, at=at)
        db.session.commit()

    def sees(self) -> list[str]:
        """All that they can read."""
        return [row.Message.text for row in talk.letters(self.visitor, 0)]

    @property
    def ticket(self) -> Ticket:
        """The ticket of the talk."""
        ticket_id = self.visitor.ticket_id
        assert ticket_id is not None
        return db.session.get_one(Ticket, ticket_id, populate_existing=True)


def comes(widget: Widget, at: datetime, *, name: str = "", email: str = "") -> Guest:
    """A visitor comes; committed."""
    visitor, secret = visiting.begin(widget, name=name, email=email, page="", referrer="", at=at)
    db.session.commit()
    return Guest(widget, visitor.id, secret)


def answers(agent: Agent, ticket: Ticket, text: str, at: datetime) -> Message:
    """An agent answers in the chat; committed."""
    made = replying.reply(ticket, agent, text, to=(), channel="chat", at=at)
    db.session.commit()
    return made


def texts_of(ticket: Ticket) -> list[str]:
    """What stands in a ticket, in order."""
    return list(
        db.session.scalars(
            select(Message.text)
            .join(Placement, Placement.message_id == Message.id)
            .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
            .order_by(Placement.seq)
        )
    )
