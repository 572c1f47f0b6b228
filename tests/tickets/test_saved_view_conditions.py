"""In random worlds a saved view has the tickets that a plain walk through everything finds, for everybody who looks."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import AGENTS, World
from tests.tickets.test_searching_random import NOON, TAGS, WORDS, play, queues_of, read, sees
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import members_of, teams_of
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.tickets import saved_view_conditions, status, tagging
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.saved_view_conditions import Asker, Wanted
from ticketdesk.tickets.saved_view_fields import (
    AMONG,
    CATEGORIES,
    CHANNELS,
    FIELDS,
    PRIORITIES,
    UNITS,
    Asks,
    Condition,
    checked,
)
from ticketdesk.tickets.ticket import Ticket

SLOW = [pytest.param(seed, marks=pytest.mark.slow if seed > 2 else ()) for seed in range(10)]


def vary(world: World, tickets: list[Ticket], dice: random.Random) -> None:
    """What the story leaves as it is: priorities, clocks, ends, and where the customers belong."""
    house = Organization(name="Elm & Söhne 100%", created_at=NOON)
    db.session.add(house)
    db.session.flush()
    linked = select(Contact).join(IdentityLink).where(IdentityLink.identity_id == world.dana.id)
    db.session.scalars(linked).one().organization_id = house.id
    for ticket in tickets:
        ticket.requester_id = dice.choice([world.dana.id, world.eve.id])
        ticket.priority = dice.choice(PRIORITIES)
        ticket.channel = dice.choice(CHANNELS)
        ticket.category = dice.choice(CATEGORIES)
        ticket.answered_at = dice.choice([None, ticket.customer_wrote_at, NOON - timedelta(days=5)])
        if dice.random() < 0.7:
            ticket.next_due_at = NOON + timedelta(hours=dice.randint(-9, 9))
            ticket.next_due_metric, ticket.next_due_state = "resolution", dice.choice(["running", "paused"])
        if dice.random() < 0.2:
            ticket.snoozed_until = NOON + timedelta(hours=1)
        if dice.random() < 0.2:
            ticket.subject += dice.choice([" 100%", "_x", "\\", " 'quoted'"])
    db.session.flush()


def a_condition(world: World, dice: random.Random) -> Condition:
    field = dice.choice(list(FIELDS.values()))
    operator = dice.choice(list(field.operators))
    if field.operators[operator] != "choices":
        return checked(Condition(field.name, operator, given(field.operators[operator], field.name, dice)))
    ids = {"queue": [world.care_queue.id, world.orders_queue.id, 999], "assignee": [world.bob.id, world.carol.id, 999]}
    offered = [*field.choices, *(str(one) for one in ids.get(field.name, []))]
    return checked(Condition(field.name, operator, tuple(dice.sample(offered, dice.randint(1, 2)))))


def given(asks: Asks, field: str, dice: random.Random) -> tuple[str, ...]:
    if asks == "span":
        return str(dice.randint(1, 30)), dice.choice(list(UNITS))
    if asks == "words":
        return tuple(dice.sample([*TAGS, "never"], dice.randint(1, 2)))
    if asks == "nothing":
        return ()
    texts = {
        "organization": ["elm", "SÖHNE", "0%", "_"],
        "requester": ["dana", "EVE@customer.example", "dana@customer.example", "%", "a_a"],
    }
    return (dice.choice(texts.get(field, [*WORDS, "100%", "_", "%", "\\", "'", "ARM"])),)


def holds(one: Condition, ticket: Ticket, agent: Agent, now: datetime) -> bool:
    """The same as the view asks, by hand."""
    of = one.field
    if of in ("status", "priority", "channel", "queue"):
        value = {"status": ticket.category, "queue": str(ticket.queue_id)}.get(of) or getattr(ticket, of)
        return (value in one.values) == (one.operator == "is")
    if of == "assignee":
        mates = {mate for team in teams_of(agent.id) for mate in members_of(team)}
        whose = ticket.assignee_id
        found = (
            (whose is None and "nobody" in one.values)
            or (whose == agent.id and "me" in one.values)
            or (whose in mates and "my_teams" in one.values)
            or str(whose) in one.values
        )
        return found == (one.operator == "is")
    if of == "tag":
        return bool(set(tagging.tags_of(ticket.id)) & set(one.values)) == (one.operator == "has")
    if of in ("requester", "subject", "organization"):
        return of_text(one, texts_of(of, ticket))
    if of in ("opened", "updated", "waiting"):
        at = {"opened": ticket.opened_at, "updated": ticket.updated_at, "waiting": ticket.customer_wrote_at}[of]
        if at is None or (of == "waiting" and not ticket.waits_for_us):
            return False
        return (at < now - one.span) == (one.operator == "older")
    if of == "due":
        if one.operator == "none" or ticket.next_due_at is None:
            return ticket.next_due_at is None and one.operator == "none"
        until = now if one.operator == "late" else now + one.span
        return ticket.next_due_state == "running" and ticket.next_due_at <= until
    if of == "following":
        return (agent.id in followers_of(ticket.id)) == (one.operator == "yes")
    assert of == "attachment"
    return any(letter.has_files for letter in read(ticket)) == (one.operator == "yes")


def texts_of(of: str, ticket: Ticket) -> list[str]:
    if of == "subject":
        return [ticket.subject]
    identity = db.session.get_one(Identity, ticket.requester_id)
    if of == "requester":
        return [identity.value, identity.name]
    belongs = (
        select(Organization.name)
        .join(Contact)
        .join(IdentityLink)
        .where(IdentityLink.identity_id == identity.id, IdentityLink.ended_at.is_(None))
    )
    return list(db.session.scalars(belongs))


def of_text(one: Condition, texts: Sequence[str]) -> bool:
    if one.operator == "none":
        return not texts
    if one.operator == "is":
        return texts[0] == one.values[0].lower()
    return any(one.values[0].lower() in text.lower() for text in texts) == (one.operator == "contains")


def reference(wanted: Wanted, agent: Agent, tickets: list[Ticket], now: datetime) -> set[int]:
    seen = queues_of(agent)
    found = set()
    for ticket in tickets:
        is_past = ticket.category in ("solved", "closed")
        if ticket.spam_at or ticket.trashed_at or ticket.merged_into_id or not sees(agent, ticket, seen):
            continue
        if (wanted.among == "past" and not is_past) or (
            wanted.among == "unsolved" and (is_past or ticket.snoozed_until is not None)
        ):
            continue
        held = [holds(one, ticket, agent, now) for one in wanted.conditions]
        if (any(held) or not held) if wanted.joining == "any" else all(held):
            found.add(ticket.id)
    return found


@pytest.mark.parametrize("seed", SLOW)
def test_a_view_has_what_a_plain_walk_finds(world: World, seed: int) -> None:
    dice = random.Random(seed)
    tickets = play(world, dice)
    vary(world, tickets, dice)
    db.session.expire_all()
    found_any = 0
    for _ in range(25):
        conditions = [a_condition(world, dice) for _ in range(dice.randint(0, 3))]
        wanted = Wanted(conditions, dice.choice(["all", "any"]), dice.choice(AMONG))
        for name in AGENTS:
            agent = world.agent(name)
            asker = Asker(agent, NOON)
            found = set(db.session.scalars(saved_view_conditions.tickets(wanted, asker).with_only_columns(Ticket.id)))
            assert found == reference(wanted, agent, tickets, NOON), (wanted, name)
            found_any += bool(found)
            if name == "alice":
                counts = saved_view_conditions.count({7: wanted, 8: wanted}, asker, 3)
                assert counts == {7: min(3, len(found)), 8: min(3, len(found))}
    assert found_any > 25  # most questions have an answer


def test_every_field_and_operator_can_be_asked(world: World) -> None:
    dice = random.Random(1)
    asked = {(one.field, one.operator) for one in (a_condition(world, dice) for _ in range(2_000))}
    assert asked == {(field.name, operator) for field in FIELDS.values() for operator in field.operators}


def test_nobody_counts_where_nothing_is_asked(world: World) -> None:
    assert saved_view_conditions.count({}, Asker(world.alice, NOON), 3) == {}


def test_the_codes_are_those_of_tickets() -> None:
    assert (CATEGORIES, PRIORITIES) == (status.CATEGORIES, status.PRIORITIES)
