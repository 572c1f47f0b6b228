"""The tickets behind a figure: what was measured on each of them."""

from flask import Response, render_template, request

from ticketdesk.reports import measuring
from ticketdesk.reports.measuring import ONLY, PAGE
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web.desk import due
from ticketdesk.web.supervisor import asked, door, drawing
from ticketdesk.web.supervisor.door import blueprint

MOST_ROWS = 20_000


@blueprint.get("/times/tickets")
def times_tickets() -> str:
    """A page of them, the newest first."""
    report, day, only = asked.read(), asked.day_of("day"), _only()
    found = measuring.tickets(report.scope, report.metric, day=day, only=only, before=asked.before(), limit=PAGE + 1)
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    return render_template(
        "supervisor/times_tickets.html",
        report=report,
        found=shown,
        older=f"{last.started_at.isoformat()},{last.timer_id}" if last else None,
        day=day,
        only=only,
        drawing=drawing,
        metric_name=due.metric,
    )


@blueprint.get("/times/tickets.csv")
def times_tickets_file() -> Response:
    """All of them as a spreadsheet, times in seconds."""
    report, day = asked.read(), asked.day_of("day")
    found = measuring.tickets(report.scope, report.metric, day=day, only=_only(), limit=MOST_ROWS)
    rows = [
        [
            row.number,
            row.subject,
            row.queue,
            row.started_at.isoformat(),
            row.stopped_at.isoformat() if row.stopped_at else "",
            row.value,
            row.target_s,
            "late" if row.is_late else "in target" if row.value is not None else "waiting",
            row.cycle,
        ]
        for row in found
    ]
    head = ["ticket", "subject", "queue", "began", "answered", "seconds", "target_s", "verdict", "cycle"]
    return door.as_file(csv_of(head, rows), f"{report.metric}-tickets")


def _only() -> str:
    only = request.args.get("only", "all")
    return only if only in ONLY else "all"
