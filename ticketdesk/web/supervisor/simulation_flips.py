"""The tickets whose verdict changes under a draft, page by page, and all figures as spreadsheets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response, render_template, request
from sqlalchemy import Row, Select, func, select

from ticketdesk.core.db import db
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.simulation import SlaFlip, SlaSimulation
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.supervisor import door, simulation_figures
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.supervisor.simulation import asked_metric, find, page_of

PAGE = 50
MOST_ROWS = 20_000
MOST_DIGITS = 18


@blueprint.get("/simulations/<int:simulation_id>/tickets")
def simulation_tickets(simulation_id: int) -> str:
    """A page of them; each leads to its ticket."""
    found, metric, direction = find(simulation_id), asked_metric(), _direction()
    rows = db.session.execute(_flips(found, metric, direction, _after()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    return render_template(
        "supervisor/simulation_tickets.html",
        **page_of(found),
        metric=metric,
        direction=direction,
        rows=shown,
        many=_many(found, metric),
        older=shown[-1][0].id if len(rows) > PAGE else None,
    )


@blueprint.get("/simulations/<int:simulation_id>/tickets.csv")
def simulation_tickets_file(simulation_id: int) -> Response:
    """All of one metric as a spreadsheet, times in seconds."""
    found, metric = find(simulation_id), asked_metric()
    head = ["ticket", "subject", "queue", "priority", "cycle", "becomes", "began", "answered", "was_due", "would_due"]
    head += ["was_target_s", "would_target_s", "was_used_s", "would_used_s"]
    rows = [_cells(row) for row in db.session.execute(_flips(found, metric, None).limit(MOST_ROWS))]
    return door.as_file(csv_of(head, rows), f"simulation-{found.id}-{metric}-tickets")


@blueprint.get("/simulations/<int:simulation_id>/attainment.csv")
def simulation_attainment_file(simulation_id: int) -> Response:
    """Shares in target of every metric by every part of the work."""
    found = find(simulation_id)
    sides = ("was", "draft")
    head = ["metric", "by", "name"]
    head += [f"{side}_{what}" for side in sides for what in ("in_target", "judged", "share", "low", "high")]
    head += ["judged_twice", "became_late", "became_in_time"]
    rows = [
        [metric, dimension, line.name, *_share(line.was), *_share(line.would), line.judged, line.lost, line.won]
        for metric in METRICS
        for dimension in ("all", "queue", "channel", "priority")
        for line in simulation_figures.lines(found, metric, dimension)
    ]
    return door.as_file(csv_of(head, rows), f"simulation-{found.id}-attainment")


@blueprint.get("/simulations/<int:simulation_id>/targets.csv")
def simulation_targets_file(simulation_id: int) -> Response:
    """The tightest targets that would have held, in seconds."""
    found = find(simulation_id)
    head = ["metric", "priority", "draft_s", "measured", "not_answered"]
    head += [f"held_{percent}_percent_s" for percent in simulation_figures.SHARES]
    rows = [
        [one.metric, one.priority, one.target_s, one.counted, one.never, *one.held]
        for one in simulation_figures.targets(found)
    ]
    return door.as_file(csv_of(head, rows), f"simulation-{found.id}-targets")


def _flips(found: SlaSimulation, metric: str, direction: str | None, after: int = 0) -> Select[SlaFlip, int, str, str]:
    """Those of tickets that the reader may see at this moment, whatever the asker saw then."""
    query = (
        select(SlaFlip, Ticket.number, Ticket.subject, Queue.name)
        .join(Ticket, Ticket.id == SlaFlip.ticket_id)
        .join(Queue, Queue.id == Ticket.queue_id)
        .where(
            SlaFlip.simulation_id == found.id,
            SlaFlip.metric == metric,
            SlaFlip.id > after,
            visibility.sees(door.me()),
        )
        .order_by(SlaFlip.id)
    )
    return query if direction is None else query.where(SlaFlip.direction == direction)


def _many(found: SlaSimulation, metric: str) -> dict[str, int]:
    rows = db.session.execute(
        select(SlaFlip.direction, func.count())
        .join(Ticket, Ticket.id == SlaFlip.ticket_id)
        .where(SlaFlip.simulation_id == found.id, SlaFlip.metric == metric, visibility.sees(door.me()))
        .group_by(SlaFlip.direction)
    )
    return {row[0]: row[1] for row in rows}


def _cells(row: Row[SlaFlip, int, str, str]) -> list[object]:
    flip, number, subject, queue = row
    return [
        number,
        subject,
        queue,
        flip.priority,
        flip.cycle,
        "late" if flip.direction == "lost" else "in time",
        *(_moment(at) for at in (flip.started_at, flip.stopped_at, flip.was_due_at, flip.would_due_at)),
        flip.was_target_s,
        flip.would_target_s,
        flip.was_used_s,
        flip.would_used_s,
    ]


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _share(share: Any) -> Sequence[object]:
    if share is None:
        return [0, 0, None, None, None]
    return [share.part, share.whole, *(round(value, 4) for value in (share.value, share.low, share.high))]


def _direction() -> str | None:
    direction = request.args.get("becomes")
    return {"late": "lost", "in-time": "won"}.get(direction or "")


def _after() -> int:
    after = request.args.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) <= MOST_DIGITS else 0
