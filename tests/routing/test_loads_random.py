"""What is kept of loads, needs and waiting equals what is counted, whatever happens to tickets."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from tests.routing.conftest import come
from ticketdesk.accounts import skills
from ticketdesk.accounts.skill import Skill
from ticketdesk.core import counters
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Refused
from ticketdesk.routing import asking, dispatch, needs, next_ticket, projection, releasing
from ticketdesk.tickets import (
    assignment,
    flags,
    medium,
    merging,
    moving,
    opening,
    progress,
    receiving,
    replying,
    tagging,
)
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.tag import Tag
from ticketdesk.tickets.ticket import Ticket

DANA = [("dana@customer.example", "")]


def something(world: World, tickets: list[Ticket], able: list[Skill], chance: Random, at: datetime) -> None:
    """One thing that may happen to tickets, or to agents."""
    ticket, agent = chance.choice(tickets), chance.choice([world.alice, world.bob, world.carol])
    category = chance.choice(["open", "pending", "on_hold", "solved"])
    acts: list[Callable[[], object]] = [
        lambda: receiving.receive(ticket, world.dana, Letter("email", "Hello"), at),
        lambda: replying.reply(ticket, agent, "Hello", to=DANA, at=at),
        lambda: progress.move_to(ticket, category, agent.actor, at),
        lambda: assignment.assign(ticket, chance.choice([agent, None]), SYSTEM, at),
        lambda: moving.move(ticket, chance.choice([world.care_queue, world.orders_queue]), agent.actor, at),
        lambda: chance.choice([flags.mark_spam, flags.trash])(ticket, agent.actor, at),
        lambda: (flags.unmark_spam(ticket, agent.actor, at), flags.restore(ticket, agent.actor, at)),
        lambda: chance.choice([medium.turn_to_mail, medium.turn_to_chat])(ticket, SYSTEM, at),
        lambda: tagging.change_tags(ticket, ["france"], (), SYSTEM, at),
        lambda: tagging.change_tags(ticket, (), ["france"], SYSTEM, at),
        lambda: asking.require(ticket, [one.id for one in able if chance.random() < 0.5], SYSTEM, at),
        lambda: merging.merge(ticket, chance.choice(tickets), agent.actor, at, widen=True),
        lambda: merging.undo(ticket, agent.actor, at),
        lambda: come(at, agent, state=chance.choice(["online", "offline"])),
        lambda: dispatch.dispatch_waiting(at),
        lambda: releasing.release_gone(at),
        lambda: next_ticket.next_for(agent, at),
        lambda: counters.fold(),
    ]
    with suppress(Refused):
        chance.choice(acts)()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_equals_what_is_counted(world: World, now: datetime, seed: int) -> None:
    chance, at = Random(seed), now
    world.care_queue.strategy, world.orders_queue.strategy = "fewest_open", "most_spare"
    able = [skills.create(name, "language", SYSTEM, LONG_AGO) for name in ("French", "Polish")]
    skills.give(world.alice, [able[0].id], SYSTEM, now)
    tickets = [open_for(world, world.care_queue, at=now) for _ in range(3)]
    tickets.append(
        opening.open_ticket(
            queue_id=world.orders_queue.id, requester=world.eve, subject="Hi", channel="chat", by=SYSTEM, at=now
        )
    )
    tagging.change_tags(tickets[0], ["france"], (), SYSTEM, now)
    asking.lead(db.session.scalars(select(Tag)).one(), [able[0].id], SYSTEM, now)
    everybody = [world.alice.id, world.bob.id, world.carol.id, world.sam.id, world.ada.id]
    for _step in range(40):
        at += timedelta(seconds=chance.choice([0, 1, 60, 900]))
        something(world, tickets, able, chance, at)
        db.session.flush()
        assert projection.loads(everybody) == projection.recount(everybody)
        for ticket in tickets:
            assert projection.is_waiting(ticket) == (ticket.unassigned_since is not None)
            said = set(asking.said_of(ticket.id)) | ({able[0].id} if "france" in tagging.tags_of(ticket.id) else set())
            assert needs.skills_of(ticket.needs) == said
    before = projection.loads(everybody)
    projection.rebuild([ticket.id for ticket in tickets])
    projection.rebuild_loads()
    assert projection.loads(everybody) == before
