"""Time on tickets: how long agents worked, by queue and agent, and the tickets behind it."""

from flask import Response, render_template
from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.reports import worked as times
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web import spans
from ticketdesk.web.supervisor import asked, door
from ticketdesk.web.supervisor.door import blueprint


@blueprint.get("/time")
def worked() -> str:
    """The page."""
    report = asked.read()
    return render_template(
        "supervisor/worked.html",
        report=report,
        overall=times.overall(report.scope),
        rows=times.by_queue_and_agent(report.scope),
        span=_span,
    )


@blueprint.get("/time.csv")
def worked_file() -> Response:
    """The same as a spreadsheet, times in seconds."""
    report = asked.read()
    rows = [
        [
            row.queue,
            row.agent,
            row.worked.seconds,
            row.worked.measured,
            row.worked.by_hand,
            row.worked.corrected,
            row.worked.tickets,
        ]
        for row in times.by_queue_and_agent(report.scope)
    ]
    head = ["queue", "agent", "seconds", "measured_s", "by_hand_s", "corrected", "tickets"]
    return door.as_file(csv_of(head, rows), "time-by-queue-and-agent")


@blueprint.get("/time/tickets")
def worked_tickets() -> str:
    """The tickets behind a figure, those with the most time first."""
    report, agent_id = asked.read(), asked.number("agent")
    name = db.session.scalar(select(Agent.name).where(Agent.id == agent_id)) if agent_id is not None else None
    found = times.tickets(report.scope, agent_id)
    return render_template(
        "supervisor/worked_tickets.html",
        report=report,
        found=found,
        name=name if found else None,
        most=times.MOST_TICKETS,
        span=_span,
    )


def _span(seconds: float | None) -> str:
    """In hours, never in days of 24: nobody works those."""
    return "–" if seconds is None else spans.short(seconds)
