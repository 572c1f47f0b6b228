"""AZ-04: in random worlds a search finds what a plain walk through everything finds, and nothing else."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, select

from tests.people import AGENTS, World, open_for
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import TeamMember
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import (
    assignment,
    flags,
    following,
    merging,
    moving,
    noting,
    receiving,
    redacting,
    replying,
    searching,
    tagging,
)
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.following import followers_of
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.queue import Queue, QueueGrant
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.search_query import Query, Term, understand
from ticketdesk.tickets.ticket import Ticket

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WORDS = ("arm", "armrest", "bolt", "cedar", "knob", "plum", "x7", "éclat")
NAMES = {"dana": "dana dana customer example", "eve": "eve eve customer example"}
TAGS = ("gold", "late")
STEPS = 45


def play(world: World, dice: random.Random) -> list[Ticket]:
    """Some weeks of a desk."""
    tickets: list[Ticket] = []
    db.session.add(QueueGrant(team_id=world.orders.id, queue_id=world.care_queue.id, level="read"))
    if dice.random() < 0.5:
        db.session.rollback()
    agents = [world.agent(name) for name in AGENTS]
    for step in range(STEPS):
        at = NOON - timedelta(days=STEPS - step)
        ticket = dice.choice(tickets) if tickets else None
        does = dice.random()
        if ticket is None or does < 0.35:
            ticket = open_for(world, dice.choice([world.care_queue, world.orders_queue]), said(dice, 2), at)
            tickets.append(ticket)
            receiving.receive(ticket, world.dana, letter(dice), at, opens=True)
        elif ticket.merged_into_id is not None:
            continue
        elif does < 0.5:
            receiving.receive(ticket, dice.choice([world.dana, world.eve]), letter(dice), at)
        elif does < 0.6:
            to = [(f"{dice.choice(list(NAMES))}@customer.example", "")]
            replying.reply(ticket, dice.choice(agents), said(dice, 4), to=to, at=at, files=files(dice))
        elif does < 0.68:
            noting.note(ticket, dice.choice(agents), said(dice, 4), at=at)
        elif does < 0.74:
            tagging.change_tags(ticket, [dice.choice(TAGS)], [dice.choice(TAGS)], SYSTEM, at)
        elif does < 0.78:
            assignment.assign(ticket, dice.choice(agents), SYSTEM, at)
        elif does < 0.82:
            following.follow(ticket, dice.choice(agents), SYSTEM, at)
        elif does < 0.86:
            moving.move(ticket, dice.choice([world.care_queue, world.orders_queue]), SYSTEM, at)
        elif does < 0.90:
            here = db.session.scalars(select(Placement.message_id).where(Placement.ticket_id == ticket.id)).all()
            if here and dice.random() < 0.5:
                redacting.redact(dice.choice(standing(here)), SYSTEM, at)
        elif does < 0.93:
            dice.choice([flags.trash, flags.mark_spam])(ticket, SYSTEM, at)
        else:
            others = [one for one in tickets if one.id != ticket.id and plain(one) and plain(ticket)]
            if others:
                merging.merge(ticket, dice.choice(others), SYSTEM, at, widen=True)
        db.session.flush()
    return tickets


def standing(message_ids: object) -> list[int]:
    wanted = select(Placement.message_id).where(Placement.message_id.in_(message_ids), Placement.ended_at.is_(None))  # type: ignore[arg-type]
    return list(db.session.scalars(wanted)) or list(message_ids)  # type: ignore[call-overload]


def plain(ticket: Ticket) -> bool:
    return ticket.merged_into_id is None and ticket.spam_at is None and ticket.trashed_at is None


def said(dice: random.Random, most: int) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(1, most)))


def letter(dice: random.Random) -> Letter:
    return Letter(dice.choice(["email", "chat", "form"]), said(dice, 5), files=files(dice))


def files(dice: random.Random) -> list[NewFile]:
    return [NewFile(f"{dice.choice(WORDS)}.txt", "text/plain", b"x")] if dice.random() < 0.2 else []


def a_query(dice: random.Random) -> Query:
    ways = (
        *(lambda: dice.choice(WORDS),) * 4,
        lambda: f'"{said(dice, 3)}"',
        lambda: f"from:{dice.choice(['dana', 'eve', 'alice', 'customer', 'nobody'])}",
        lambda: f"to:{dice.choice(['dana', 'eve'])}",
        lambda: f"tag:{dice.choice(TAGS)}",
        lambda: f"queue:{dice.choice(['care', 'orders'])}",
        lambda: f"assignee:{dice.choice(['me', 'nobody', 'bob'])}",
        lambda: f"channel:{dice.choice(['chat', 'mail', 'form'])}",
        lambda: f"{dice.choice(['before', 'after'])}:2026-02-{dice.randint(1, 28):02}",
        lambda: "has:attachment",
        lambda: f"status:{dice.choice(['new', 'open', 'solved', 'unsolved'])}",
        lambda: "is:spam",
    )
    terms = [dice.choice(ways)() for _ in range(dice.randint(1, 3))]
    return understand(" ".join(f"{'-' if dice.random() < 0.2 else ''}{term}" for term in terms))


def reference(world: World, query: Query, agent: Agent, tickets: list[Ticket]) -> set[int]:
    """The same by reading everything."""
    queue_names = {queue.id: queue.name.lower() for queue in db.session.scalars(select(Queue))}
    seen_queues = queues_of(agent)
    found = set()
    for ticket in tickets:
        db.session.refresh(ticket)
        letters = read(ticket)
        if ticket.trashed_at is not None or ticket.merged_into_id is not None or not sees(agent, ticket, seen_queues):
            continue
        wants_spam = any(term.value == "spam" and not term.is_without for term in query.of("is"))
        if (ticket.spam_at is not None) != wants_spam:
            continue

        def is_so(term: Term, ticket: Ticket = ticket) -> bool:
            if term.kind == "tag":
                return term.value in tagging.tags_of(ticket.id)
            if term.kind == "queue":
                return queue_names[ticket.queue_id].startswith(term.value) and ticket.queue_id in seen_queues
            if term.kind == "assignee":
                who = {"me": agent.id, "nobody": None, "bob": world.bob.id}[term.value]
                return ticket.assignee_id == who
            if term.kind == "status":
                return ticket.category == term.value or (term.value == "unsolved" and ticket.category != "solved")
            return ticket.spam_at is not None

        of_ticket = [term for term in query.terms if term.kind in ("tag", "queue", "assignee", "status", "is")]
        of_message = [term for term in query.terms if term not in of_ticket]
        if any(is_so(term) for term in of_ticket if term.is_without):
            continue
        if any(has(letter, term) for term in of_message if term.is_without for letter in letters):
            continue
        if not every(of_ticket, is_so, ("queue", "assignee", "status")):
            continue
        positive = [term for term in of_message if not term.is_without]
        if positive and not any(every(positive, lambda term, one=one: has(one, term), ("channel",)) for one in letters):
            continue
        found.add(ticket.id)
    return found


def every(terms, holds, alternatives) -> bool:  # type: ignore[no-untyped-def]
    """All of them, but any of those that a thing has only one of."""
    terms = [term for term in terms if not term.is_without]
    one_of = [kind for kind in alternatives if any(term.kind == kind for term in terms)]
    return all(any(holds(term) for term in terms if term.kind == kind) for kind in one_of) and all(
        holds(term) for term in terms if term.kind not in alternatives
    )


def queues_of(agent: Agent) -> set[int]:
    queues = db.session.scalars(select(Queue)).all()
    if agent.is_administrator:
        return {queue.id for queue in queues}
    teams = set(db.session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)))
    granted = {grant.queue_id for grant in db.session.scalars(select(QueueGrant)) if grant.team_id in teams}
    return {queue.id for queue in queues if queue.team_id in teams or queue.id in granted}


def sees(agent: Agent, ticket: Ticket, queues: set[int]) -> bool:
    return ticket.queue_id in queues or ticket.assignee_id == agent.id or agent.id in followers_of(ticket.id)


@dataclass
class Read:
    """One message as a reader has it."""

    message: Message
    subject: list[str]
    author: list[str]
    body: list[str]
    to: list[str]
    has_files: bool


def words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in text.lower().replace("é", "e")).split()


def read(ticket: Ticket) -> list[Read]:
    from_rows = (
        select(Message)
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None), Placement.held.is_(False))
    )
    found = []
    for message in db.session.scalars(from_rows).all():
        if message.redacted_at is not None:
            continue
        author = db.session.get(Agent, message.agent_id) if message.agent_id else None
        who = f"{author.name} {author.email}" if author else contact(message.identity_id)
        names = db.session.execute(ATTACHED, {"id": message.id}).scalars().all()
        found.append(
            Read(
                message,
                words(f"{ticket.subject} {message.subject or ''} {contact(ticket.requester_id)}"),
                words(who),
                words(" ".join([message.text, *names])),
                words(" ".join(f"{one.name} {one.address}" for one in message.recipients)),
                bool(names),
            )
        )
    return found


def has(letter: Read, term: Term) -> bool:
    asked = words(term.value)
    if term.kind == "word":
        begun = not term.is_without and len(asked[0]) >= 3
        return any(
            one == asked[0] or (begun and one.startswith(asked[0]))
            for one in letter.subject + letter.author + letter.body
        )
    if term.kind == "phrase":
        return runs(letter.subject + letter.author + letter.body, asked)
    if term.kind in ("from", "to"):
        return any(one.startswith(asked[0]) for one in (letter.author if term.kind == "from" else letter.to))
    if term.kind == "channel":
        return letter.message.channel == {"mail": "email"}.get(term.value, term.value)
    if term.kind == "has":
        return letter.has_files
    day = datetime.fromisoformat(term.value).replace(tzinfo=UTC)
    return letter.message.written_at < day if term.kind == "before" else letter.message.written_at >= day


def runs(text: list[str], asked: list[str]) -> bool:
    return any(text[place : place + len(asked)] == asked for place in range(len(text)))


def contact(identity_id: int | None) -> str:
    identity = db.session.get(Identity, identity_id)
    return f"{identity.name} {identity.value}" if identity else ""


ATTACHED = select(Attachment.filename).where(Attachment.message_id == bindparam("id")).order_by(Attachment.id)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow if seed > 2 else ()) for seed in range(12)])
def test_a_search_finds_what_a_plain_walk_finds(world: World, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(searching.spelling, "meant", lambda word: ())
    if seed % 2:  # as where all words are common: from the newest message on, instead of by the index at once
        monkeypatch.setattr(searching, "_is_rare", lambda asked: False)
    tickets = play(world, dice)
    asked = 0
    for _ in range(40):
        query = a_query(dice)
        agent = world.agent(dice.choice(AGENTS))
        found: list[int] = []
        after = None
        while True:
            page = searching.search(query, agent, NOON, UTC, after=after)
            found += [hit.ticket_id for hit in page.hits]
            after = page.after
            if after is None:
                break
        assert len(found) == len(set(found)), str(query)
        assert set(found) == reference(world, query, agent, tickets), (str(query), agent.name)
        asked += bool(found)
    assert asked > 3
