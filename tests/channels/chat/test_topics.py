"""What a chat is about: how it is written down, and where it leads."""

from datetime import datetime

import pytest

from tests.channels.chat.talks import widget_of
from tests.people import World
from ticketdesk.channels.chat import saying, topics, visiting
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.ticket import Ticket


def test_lines_are_understood_and_written_again(world: World) -> None:
    given = ["Returns > " + world.orders_queue.name.upper(), "", " Something   else ", "returns"]
    found = topics.understood(given)
    assert found == [
        {"name": "Returns", "queue_id": world.orders_queue.id},
        {"name": "Something else", "queue_id": None},
    ]
    assert topics.lines(found) == [f"Returns > {world.orders_queue.name}", "Something else"]


@pytest.mark.parametrize("line", ["Returns > Nowhere", "x" * 61, " > Care", "Returns >"])
def test_what_leads_nowhere_is_refused(world: World, line: str) -> None:
    with pytest.raises(Invalid):
        topics.understood([line])


def test_too_many_are_refused(world: World) -> None:
    with pytest.raises(Invalid):
        topics.understood([f"Topic {number}" for number in range(13)])


@pytest.mark.parametrize(("topic", "is_elsewhere"), [("Returns", True), ("Other", False), ("", False)])
def test_the_topic_decides_the_queue(world: World, now: datetime, topic: str, is_elsewhere: bool) -> None:
    widget = widget_of(world)
    widget.topics = topics.understood([f"Returns > {world.orders_queue.name}", "Other"])
    visitor, _secret = visiting.begin(widget, name="", email="", page="", referrer="", at=now, topic=topic)
    message, _is_new = saying.say(visitor, widget, text="Hello", client_key="k1", at=now)
    ticket = db.session.get_one(Ticket, visitor.ticket_id)
    assert ticket.queue_id == (world.orders_queue if is_elsewhere else world.care_queue).id
    assert message.facts.get("answers") == ([["About", topic]] if topic else None)
    again, _is_new = saying.say(visitor, widget, text="And", client_key="k2", at=now)
    assert "answers" not in again.facts


def test_a_queue_that_is_not_used_any_more_leads_to_the_widgets(world: World, now: datetime) -> None:
    widget = widget_of(world)
    widget.topics = topics.understood([f"Returns > {world.orders_queue.name}"])
    world.orders_queue.archived_at = now
    assert topics.queue_of(widget, "Returns") == world.care_queue.id


def test_only_what_is_offered(world: World, now: datetime) -> None:
    widget = widget_of(world)
    with pytest.raises(Invalid):
        visiting.begin(widget, name="", email="", page="", referrer="", at=now, topic="Made up")
