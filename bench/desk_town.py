"""A company with as many tickets as one likes: a few that went through everything, and copies of them made by sets."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, insert, text

from ticketdesk.accounts import people, sessions, teams
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.brands.founding import name_company
from ticketdesk.channels import mailboxes
from ticketdesk.channels.form import editing
from ticketdesk.channels.inbound import Inbound, Match, Sender, deliver
from ticketdesk.core import clock, counters, tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import projection
from ticketdesk.sla import defaults
from ticketdesk.tickets import assignment, progress, replying, saved_views, tagging
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.saved_view_fields import Condition
from ticketdesk.tickets.ticket import Ticket

QUEUES = 12
TEAMS = 6
PATTERNS = 120
"""Tickets that are copied; each tenth is still worked on."""
TURNS = 100
"""Of the long talk: two messages each."""
PEOPLE = 20_000
"""Customers who ask, again and again."""
TAGGED = 10_000
"""So many tickets have the tag of the saved view, at each size: it shows about as many among few as among a million."""
WORDS = 1_000
"""Each ticket holds one of so many words, so that a search for it finds a thousandth."""
COPIES = 10_000_000
"""Where the numbers of copied tickets begin."""
COOKIE = "__Host-agent"
SLUG = "bench"
VOCABULARY = (
    "armrest bench birch bolt box broken cable carton chair colour courier cupboard damage delivery desk door drawer "
    "drill edge frame garden glass handle hinge instructions invoice joint kitchen label lacquer lamp leg letter "
    "manual missing mirror money oak oil order packet paint parcel part pine plate price question refund replacement "
    "return sander scratch screw shelf shop spare stool table tomorrow van varnish voucher wardrobe week wheel wood"
)
COPIED = ("tickets", "messages", "placements", "participants", "events", "search_rows", "sla_timers", "ticket_tags")


@dataclass(frozen=True, slots=True)
class Town:
    """What the measuring needs to know."""

    cookie: str  # of the agent who looks
    queues: tuple[int, int]  # that are theirs
    view: int
    long: int  # the number of the ticket with many messages
    first: int  # of the patterns, by their ids
    messages: int  # in all


def found(at: datetime) -> Town:
    """Make the company and the tickets that are copied later; committed."""
    chance = random.Random(6)
    name_company("Bench & Co", SYSTEM, at)
    defaults.create(SYSTEM, at - timedelta(days=1))
    brand_id = int(db.session.execute(text("SELECT id FROM brands")).scalar_one())
    crews = [teams.create(f"Team {number}", SYSTEM, at) for number in range(TEAMS)]
    queues = [
        Queue(brand_id=brand_id, team_id=crews[number // 2].id, name=f"Queue {number}", position=number, created_at=at)
        for number in range(QUEUES)
    ]
    db.session.add_all(queues)
    db.session.flush()
    agents = [_agent(number, crews[number % TEAMS].id, at) for number in range(2 * TEAMS)]
    mailboxes.create("support@example.com", mailboxes.Setup("Support", queues[0].id), SYSTEM, at)
    editing.create(editing.Setup("Ask us", SLUG, brand_id, queues[0].id), SYSTEM, at)
    for number in range(PATTERNS):
        queue = queues[number % QUEUES]
        answering = [agent for place, agent in enumerate(agents) if crews[place % TEAMS].id == queue.team_id]
        ticket = _talk(brand_id, queue.id, answering[number % 2], at, chance, turns=1)
        tagging.change_tags(ticket, [f"topic-{number % 15}"], [], SYSTEM, at)
        if number < PATTERNS // 10:
            assignment.assign(ticket, None if number % 3 == 0 else answering[0], SYSTEM, at)
        else:
            progress.move_to(ticket, "solved", SYSTEM, at)
            progress.move_to(ticket, "closed", SYSTEM, at)
        db.session.commit()
    long = _talk(brand_id, queues[0].id, agents[0], at, chance, turns=TURNS)
    tagging.change_tags(long, ["rare"], [], SYSTEM, at)
    asked = [
        Condition("queue", "is", (str(queues[0].id),)),
        Condition("priority", "is", ("high", "urgent")),
        Condition("tag", "has", ("rare",)),
    ]
    for words in _CUSTOMERS:
        db.session.execute(text(words), {"at": at})
    view = saved_views.create(saved_views.Setup("Rare and pressing", conditions=asked), agents[0], at)
    first, last, messages = db.session.execute(
        text("SELECT min(id), max(id), (SELECT max(id) FROM messages) FROM tickets")
    ).one()
    assert last - first == PATTERNS, "the long talk is the last of them"
    for words in _BEYOND:
        db.session.execute(text(words))
    made = Town(_cookie(agents[0]), (queues[0].id, queues[1].id), view.id, long.number, first, messages)
    db.session.commit()
    return made


def grow(town: Town, standing: int, wanted: int) -> int:
    """Let there be so many tickets; returns how many rounds of copies were made by now, of which `standing` stood."""
    rounds = wanted // PATTERNS - 1
    spans = {
        "low": town.first,
        "high": town.first + PATTERNS - 1,
        "tickets": PATTERNS + 1,  # the long talk has a number as well
        "messages": town.messages,
        "after": standing + 1,
        "rounds": rounds,
        "share": wanted // TAGGED | 1,  # odd: even ones fall on tickets of few kinds
    }
    db.session.execute(text("SET session_replication_role = replica"))  # by construction all references hold
    db.session.execute(text("SET maintenance_work_mem = '512MB'"))
    indexes = _without_indexes()
    for words in _STATEMENTS:
        needed = {name: value for name, value in spans.items() if f":{name}" in words}
        db.session.execute(text(words), needed)
    for one in indexes:
        db.session.execute(text(one))
    sums = db.session.execute(text("SELECT key, count(*) AS sum FROM tickets, unnest(counted_in) key GROUP BY key"))
    counts = {row.key: int(row.sum) for row in sums}
    for prefix in ("queue:", "agent:"):
        counters.replace(prefix, {key: count for key, count in counts.items() if key.startswith(prefix)})
    projection.rebuild_loads()
    db.session.execute(text("SET session_replication_role = DEFAULT"))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    return rounds


def _agent(number: int, team_id: int, at: datetime) -> Agent:
    agent = people.create(f"agent-{number}@desk.example", f"Agent {number}", "agent", SYSTEM, at)
    people.change_teams(agent, [team_id], SYSTEM, at)
    return agent


def _cookie(agent: Agent) -> str:
    secret, now = tokens.fresh(), clock.now()
    row = {
        "agent_id": agent.id,
        "digest": tokens.digest(secret),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + sessions.LONGEST,
        "address": "127.0.0.1",
        "browser": "bench",
    }
    db.session.execute(insert(AgentSession), [row])
    return f"{COOKIE}={secret}"


def _talk(brand_id: int, queue_id: int, agent: Agent, at: datetime, chance: random.Random, *, turns: int) -> Ticket:
    """A customer asks, an agent answers and the customer asks again, in turn."""
    sender = Sender("email", "dana@customer.example", "Dana")
    ticket: Ticket | None = None
    for turn in range(2 * turns + (turns == 1)):
        at += timedelta(seconds=1)
        if turn % 2 == 0:
            letter = Letter(channel="email", subject=" ".join(_words(chance, 5)), text=" ".join(_words(chance, 45)))
            match = Match(ticket.id, "message_id") if ticket is not None else None
            ticket = deliver(Inbound(brand_id, queue_id, None, sender, letter, at, match)).ticket
        else:
            assert ticket is not None
            words = " ".join(_words(chance, 45))
            replying.reply(ticket, agent, words, to=[("dana@customer.example", "Dana")], at=at)
    assert ticket is not None
    db.session.flush()
    return ticket


def _words(chance: random.Random, count: int) -> Sequence[str]:
    return chance.choices(VOCABULARY.split(), k=count)


def _without_indexes() -> list[str]:
    """Take away what no constraint needs, and return how it is made again: all at once that takes a tenth as long."""
    rows = db.session.execute(
        text(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename = ANY(:t) "
            "AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname) AND i.indexdef NOT LIKE "
            "'CREATE UNIQUE%'"
        ),
        {"t": list(COPIED)},
    ).all()
    for row in rows:
        db.session.execute(text(f'DROP INDEX "{row.indexname}"'))
    return [row.indexdef for row in rows]


def _columns(table: str) -> list[str]:
    return [column.name for column in db.metadata.tables[table].columns if column.computed is None]


def _copy(table: str, ticket: str, own: dict[str, str], also: str = "") -> str:
    """One statement that copies a table's rows of the patterns; their moments are older with each copy.

    `ticket` says how a row `x` finds its ticket `t`, `also` what is joined besides, and `own` what is not copied.
    """
    columns = [column for column in db.metadata.tables[table].columns if column.computed is None]
    copied = [column for column in columns if column.name != "id" or "id" in own]
    values = [own.get(column.name) or f"x.{column.name}{_older(column)}" for column in copied]
    return (
        f"INSERT INTO {table} ({', '.join(column.name for column in copied)}) SELECT {', '.join(values)} "
        f"FROM {_ROUNDS} c CROSS JOIN {table} x {also} "
        f"JOIN tickets t ON {ticket} WHERE t.id BETWEEN :low AND :high"
    )


def _older(column: Column[object]) -> str:
    return f" - {_AGE}" if isinstance(column.type, DateTime) else ""


_ROUNDS = "generate_series(CAST(:after AS bigint), CAST(:rounds AS bigint))"
_AGE = "make_interval(secs => c * (CASE WHEN t.category = 'closed' THEN 6e7 ELSE 1e6 END) / :rounds)"
"""Up to two years for what is over, and up to eleven days for what is worked on."""
_NTH = "(c * :tickets + t.id - :low)"
_LAST = f"(SELECT id FROM identities WHERE value = 'person-{PEOPLE}@people.example')"
_ASKER = f"{_LAST} - mod({_NTH} * 7919, {PEOPLE})"
_WORD = f"'oak' || translate(lpad(mod({_NTH}, {WORDS})::text, 3, '0'), '0123456789', 'abcdefghij')"
_TICKET, _MESSAGE = "t.id + c * :tickets", "x.message_id + c * :messages"
_MESSAGE_IN = "x.data || jsonb_build_object('message_id', (x.data->>'message_id')::bigint + c * :messages)"
_PRIORITY = f"(ARRAY['urgent', 'high', 'high', 'low'])[1 + mod({_NTH} / 50, 10)]"
_TAG = "(SELECT id FROM tags WHERE name = 'rare')"
_COPIED, _HAS_TAG = f"number > {COPIES}", f"mod(number - {COPIES}, :share) = 0"
_STATEMENTS = (
    _copy(
        "tickets",
        "t.id = x.id",
        {
            "id": _TICKET,
            "number": f"{COPIES} + {_NTH}",
            "reference": f"md5({_NTH}::text)",
            "requester_id": _ASKER,
            "priority": f"coalesce({_PRIORITY}, 'normal')",
        },
    ),
    _copy(
        "messages",
        "t.id = p.ticket_id",
        {
            "id": "x.id + c * :messages",
            "answers_id": "x.answers_id + c * :messages",
            "identity_id": f"CASE WHEN x.direction = 'in' THEN {_ASKER} END",
            "text": f"x.text || ' ' || {_WORD}",
            "rfc_id": "x.rfc_id || c",
        },
        "JOIN placements p ON p.message_id = x.id",
    ),
    _copy("placements", "t.id = x.ticket_id", {"ticket_id": _TICKET, "message_id": _MESSAGE}),
    _copy(
        "participants",
        "t.id = x.ticket_id",
        {"ticket_id": _TICKET, "identity_id": _ASKER, "added_by_message_id": "NULL"},
    ),
    _copy(
        "events",
        "t.id = x.ticket_id",
        {"ticket_id": _TICKET, "data": f"CASE WHEN x.data ? 'message_id' THEN {_MESSAGE_IN} ELSE x.data END"},
    ),
    _copy(
        "search_rows",
        "t.id = x.ticket_id",
        {"ticket_id": _TICKET, "message_id": _MESSAGE, "words": f"x.words || to_tsvector('simple', {_WORD})"},
    ),
    _copy("sla_timers", "t.id = x.ticket_id", {"ticket_id": _TICKET}),
    _copy("ticket_tags", "t.id = x.ticket_id", {"ticket_id": _TICKET}),
    f"DELETE FROM ticket_tags WHERE tag_id = {_TAG} AND ticket_id IN (SELECT id FROM tickets WHERE {_COPIED})",
    f"INSERT INTO ticket_tags (ticket_id, tag_id) SELECT id, {_TAG} FROM tickets WHERE {_COPIED} AND {_HAS_TAG}",
    "UPDATE tickets SET tag_ids = ARRAY(SELECT tag_id FROM ticket_tags WHERE ticket_id = tickets.id ORDER BY tag_id) "
    f"WHERE {_COPIED} AND (tag_ids @> ARRAY[{_TAG}] OR {_HAS_TAG})",
)
_BEYOND = (
    "SELECT setval(pg_get_serial_sequence('tickets', 'id'), 100000000)",
    "SELECT setval(pg_get_serial_sequence('messages', 'id'), 100000000)",
)
"""What is made while we measure lies beyond all copies."""
_CUSTOMERS = (
    "INSERT INTO identities (kind, value, name, verification, is_shared, created_at) SELECT 'email', "
    f"'person-' || n || '@people.example', 'Person ' || n, 'none', false, :at FROM generate_series(1, {PEOPLE}) n",
    f"INSERT INTO contacts (name, created_at) SELECT 'Person ' || n, :at FROM generate_series(1, {PEOPLE}) n",
    "INSERT INTO identity_links (identity_id, contact_id, evidence, started_at) SELECT i.id, c.id, 'none', :at "
    "FROM identities i JOIN contacts c ON c.name = i.name WHERE i.value LIKE 'person-%'",
)
