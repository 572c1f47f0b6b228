"""What has become of each conversation so far."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.demo.company import Company
from ticketdesk.demo.conversation import Conversation
from ticketdesk.demo.furnishing import Shopfront
from ticketdesk.tickets import chain
from ticketdesk.tickets.ticket import Ticket

FIRST_ORDER = 20_100


@dataclass(slots=True)
class Stage:
    """The company, its doors, and who came through them."""

    firm: Company
    front: Shopfront
    began: datetime
    ticket_ids: dict[str, int] = field(default_factory=dict)  # by the conversation's key
    orders: dict[str, str] = field(default_factory=dict)  # the order each is about
    there: dict[tuple[int, str], str] = field(default_factory=dict)  # what agents said last, by (agent id, channel)
    visitors: dict[str, Visitor] = field(default_factory=dict)  # those who chat, while their page is open

    def ticket(self, conversation: Conversation) -> Ticket:
        """The ticket in which a conversation stands now."""
        return chain.end(self.ticket_ids[conversation.key]) or db.session.get_one(
            Ticket, self.ticket_ids[conversation.key]
        )

    def number_order(self, conversation: Conversation, at: datetime) -> None:
        """Say which order a conversation is about: later ones have higher numbers, and come from a while ago."""
        hours = int((at - self.began).total_seconds()) // 3600
        self.orders[conversation.key] = f"HP-{FIRST_ORDER + 2 * hours - chance(conversation, 'order').randrange(9, 99)}"


def chance(conversation: Conversation, about: str) -> Random:
    """Chances of one conversation in one respect, the same each time."""
    return Random(f"{conversation.key}/{conversation.address}/{about}")  # noqa: S311  # nobody must not guess it
