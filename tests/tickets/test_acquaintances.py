"""Which contacts an agent may see: always those of the tickets that they may see, and no others."""

import random
from datetime import datetime

from sqlalchemy import select

from tests.people import World, open_for
from ticketdesk.contacts import linking, resolving
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import acquaintances, following, opening, participant, visibility
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.ticket import Ticket


def contact(identity: Identity) -> Contact:
    return db.session.get_one(Contact, linking.contact_of(identity))


def test_a_contact_is_seen_by_whoever_sees_one_of_their_tickets(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    dana = contact(world.dana)
    seen = {
        name: dana in db.session.scalars(acquaintances.visible_contacts(world.agent(name)))
        for name in ("alice", "carol", "ada")
    }
    assert seen == {"alice": True, "carol": False, "ada": True}
    following.follow(ticket, world.carol, SYSTEM, now)
    assert dana in db.session.scalars(acquaintances.visible_contacts(world.carol))
    # who asked for nothing yet is everybody's
    assert contact(world.eve) in db.session.scalars(acquaintances.visible_contacts(world.carol))


def test_whoever_was_removed_from_a_ticket_is_not_everybodys_then(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    participant.add(ticket.id, world.eve.id, "cc", "active", now).state = "removed"
    db.session.flush()
    assert contact(world.eve) not in db.session.scalars(acquaintances.visible_contacts(world.carol))
    assert not acquaintances.may_change(world.carol, contact(world.eve))


def test_changing_is_for_those_who_answer(world: World, now: datetime) -> None:
    ticket = open_for(world, world.care_queue)
    grant = QueueGrant(team_id=world.orders.id, queue_id=world.care_queue.id, level="read")
    db.session.add(grant)
    db.session.flush()
    dana = contact(world.dana)
    assert dana in db.session.scalars(acquaintances.visible_contacts(world.carol))
    assert not acquaintances.may_change(world.carol, dana)
    grant.level = "reply"
    db.session.flush()
    assert acquaintances.may_change(world.carol, dana)
    grant.level, ticket.assignee_id = "read", world.carol.id
    db.session.flush()
    assert acquaintances.may_change(world.carol, dana)


def test_who_sees_all_of_their_tickets(world: World, now: datetime) -> None:
    open_for(world, world.care_queue)
    dana = contact(world.dana)
    assert acquaintances.sees_all(world.alice, [dana.id])
    open_for(world, world.orders_queue)
    assert not acquaintances.sees_all(world.alice, [dana.id])
    assert acquaintances.sees_all(world.ada, [dana.id])


def test_many_worlds_are_what_a_plain_count_says(world: World, now: datetime) -> None:
    chance = random.Random(7)
    people = [resolving.resolve("email", f"p{number}@customer.example", "", now) for number in range(12)]
    for _round in range(25):
        queue = chance.choice([world.care_queue, world.orders_queue])
        ticket = opening.open_ticket(
            queue_id=queue.id,
            requester=chance.choice(people),
            subject="?",
            channel="email",
            by=Actor("system"),
            at=now,
            mailbox_id=world.mailbox.id,
        )
        ticket.assignee_id = chance.choice([None, None, world.alice.id, world.carol.id])
        participant.add(ticket.id, chance.choice(people).id, "cc", chance.choice(["active", "held"]), now)
    db.session.flush()
    for agent in (world.alice, world.carol, world.sam, world.ada):
        mine = set(db.session.scalars(visibility.visible_tickets(agent).with_only_columns(Ticket.id)))
        takings = db.session.execute(
            select(IdentityLink.contact_id, Participant.ticket_id)
            .outerjoin(Participant, Participant.identity_id == IdentityLink.identity_id)
            .where(IdentityLink.ended_at.is_(None))
        ).all()
        asked = {row[0] for row in takings if row[1] is not None}
        expected = {row[0] for row in takings if row[1] in mine} | {row[0] for row in takings} - asked
        if agent.is_administrator:
            expected |= asked
        found = db.session.scalars(acquaintances.visible_contacts(agent).with_only_columns(Contact.id)).all()
        assert sorted(found) == sorted(expected)
