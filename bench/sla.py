"""What clocks cost: sweeping when nothing is due, deciding many at once, and replaying a ticket's events."""

import multiprocessing
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Table, func, insert, literal, select, text

from bench.place import Place, percentile, seconds
from ticketdesk.accounts import teams
from ticketdesk.brands.founding import name_company
from ticketdesk.channels.inbound import Inbound, Sender, deliver
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.sla import defaults, explain, loading, sweep, timers
from ticketdesk.sla import jobs as sweeping
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import progress, replying
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
"""When nothing that was left over from Monday is due again, nor near."""
OVERDUE = 10_000
IDLE = (10_000, 1_000_000)
SWEEPERS = 4
REPLAYS = 300
TURNS = 15
RUNS = 20


def run(place: Place) -> None:
    """Measure all three."""
    with place.app().app_context():
        queue = _company()
        _replaying(place, queue)
        ticket = _ticket(queue, MONDAY)
        _copies(ticket, OVERDUE - 1)
    _deciding(place)
    with place.app().app_context():
        later = _ticket(queue, TUESDAY)
        standing = 0
        for wanted in IDLE:
            place.say(f"{wanted:,} timers …")
            _copies(later, wanted // 2 - standing - (standing == 0))  # each ticket has two of them
            standing = wanted // 2
            _idling(place, TUESDAY + timedelta(minutes=1))


def _company() -> int:
    name_company("Bench & Co", SYSTEM, MONDAY)
    team = teams.create("All", SYSTEM, MONDAY)
    defaults.create(SYSTEM, MONDAY - timedelta(days=1))
    brand_id = db.session.execute(text("SELECT id FROM brands")).scalar_one()
    queue = Queue(brand_id=brand_id, team_id=team.id, name="All", position=0, created_at=MONDAY)
    db.session.add(queue)
    db.session.commit()
    return int(queue.id)


def _ticket(queue_id: int, at: datetime) -> Ticket:
    found = deliver(
        Inbound(
            brand_id=1,
            queue_id=queue_id,
            mailbox_id=None,
            sender=Sender("email", "dana@customer.example", "Dana"),
            letter=Letter(
                channel="email",
                subject="The armrest came off",
                text="Please help.",
            ),
            received_at=at,
        )
    ).ticket
    db.session.commit()
    return found


def _replaying(place: Place, queue_id: int) -> None:
    """A talk of many turns, solved and reopened twice, replayed again and again."""
    ticket, at = _ticket(queue_id, MONDAY), MONDAY
    for turn in range(TURNS):
        at += timedelta(hours=1)
        replying.tell_automatically(ticket, "We have it.", [("dana@customer.example", "")], "acknowledgement", at)
        progress.move_to(ticket, ("pending", "on_hold", "solved")[turn % 3], SYSTEM, at + timedelta(minutes=5))
        progress.move_to(ticket, "open", SYSTEM, at + timedelta(minutes=35))
    db.session.commit()
    told = loading.happenings([ticket.id])[ticket.id]
    terms = timers.terms([told])
    found = seconds(lambda: explain.replay(told, terms.policies, terms.histories, at), REPLAYS)
    progress.move_to(ticket, "closed", SYSTEM, at + timedelta(hours=1))
    db.session.commit()
    place.tell("sla_replay_events_per_s", len(told) / percentile(found, 0.5), "1/s", REPLAYS, events=len(told))


def _deciding(place: Place) -> None:
    """Several sweepers over many deadlines that passed while nobody looked."""
    config, now = place.config(), MONDAY + timedelta(hours=7)
    began = seconds(lambda: _let_all_sweep(config, now), 1)[0]
    with place.app().app_context():
        told = select(Event.data["timer_id"].astext).where(Event.kind == "sla_breached").subquery()
        each = db.session.execute(select(func.count()).select_from(told).group_by(told.c[0])).scalars().all()
    once = sum(1 for times in each if times == 1)
    place.tell("sla_breaches_once", once, "timers", len(each), wanted=OVERDUE, sweepers=SWEEPERS)
    place.tell("sla_sweep_10000_s", began, "s", 1, timers=OVERDUE, sweepers=SWEEPERS)


def _let_all_sweep(config: Config, now: datetime) -> None:
    context = multiprocessing.get_context("spawn")
    sweepers = [context.Process(target=_sweep_until_done, args=(config, now)) for _ in range(SWEEPERS)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()


def _sweep_until_done(config: Config, now: datetime) -> None:
    from ticketdesk import create_app  # noqa: PLC0415  # this runs in a process of its own

    with create_app(config).app_context():
        while True:
            looked_at = sweep.breach_due(now)
            db.session.commit()
            if looked_at == 0:
                return


def _idling(place: Place, now: datetime) -> None:
    """What the schedule's look at all clocks costs when nothing is due."""

    def look() -> None:
        if sweeping.sweep_deadlines(now):
            raise RuntimeError("something was due")
        db.session.commit()

    standing = db.session.execute(
        select(func.count()).select_from(SlaTimer).where(SlaTimer.state == "running")
    ).scalar_one()
    look()
    found = seconds(look, RUNS)
    place.tell("sla_sweep_idle_ms", percentile(found, 0.5) * 1000, "ms", RUNS, timers=standing)


def _copies(ticket: Ticket, count: int) -> None:
    """As many more tickets that went through the same, made by sets."""
    tickets, events, clocks = (model.__table__ for model in (Ticket, Event, SlaTimer))
    first = db.session.execute(select(func.max(tickets.c.id))).scalar_one() + 1
    numbers = func.generate_series(0, count - 1).table_valued("n").render_derived()
    own = {
        "id": literal(first) + numbers.c.n,
        "number": literal(first + 1_000_000) + numbers.c.n,
        "reference": func.md5((literal(first) + numbers.c.n).cast(db.Text)),
    }
    _copy(tickets, own, tickets.c.id == ticket.id, numbers)
    for table in (events, clocks):
        _copy(table, {"ticket_id": literal(first) + numbers.c.n}, table.c.ticket_id == ticket.id, numbers)
    db.session.execute(text("SELECT setval(pg_get_serial_sequence('tickets', 'id'), max(id)) FROM tickets"))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE tickets, events, sla_timers"))


def _copy(table: Table, own: dict[str, object], of: object, numbers: object) -> None:
    columns: list[Column[object]] = [
        column for column in table.columns if column.computed is None and (column.name != "id" or "id" in own)
    ]
    rows = select(*(own.get(column.name, column) for column in columns)).select_from(numbers.join(table, of))
    db.session.execute(insert(table).from_select([column.name for column in columns], rows))
