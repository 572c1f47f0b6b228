"""A queue that hands out its work, and agents who are there."""

from datetime import datetime

import pytest

from tests.people import World
from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import State
from ticketdesk.tickets.queue import Queue


def come(now: datetime, *agents: Agent, state: State = "online") -> None:
    """They say where they are, for mail and chat."""
    for agent in agents:
        for channel in availability.CHANNELS:
            availability.state(agent, channel, state, now)


@pytest.fixture
def queue(world: World) -> Queue:
    """Care's queue hands out its work in turn."""
    world.care_queue.strategy = "round_robin"
    return world.care_queue
