"""What the tests of tickets share."""

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.inbounds import inbound
from tests.people import World
from ticketdesk.channels.inbound import Match, Sender, deliver
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

Write = Callable[..., Message]


@pytest.fixture
def write(world: World) -> Write:
    """Somebody writes at a moment: a new ticket, or into one; as mail unless another channel is named."""

    def write(at: datetime, who: str = "dana", ticket: Ticket | None = None, **values: object) -> Message:
        given: dict[str, object] = {
            "channel": "email",
            "brand_id": world.brand.id,
            "queue_id": world.care_queue.id,
            "mailbox_id": world.mailbox.id,
            "sender": Sender("email", f"{who}@customer.example", who.title()),
            "subject": "The armrest came off",
            "text": f"{who} at {at:%H:%M}",
            "received_at": at,
            "match": Match(ticket.id, "message_id") if ticket is not None else None,
        }
        return deliver(inbound(**{**given, **values})).message

    return write
