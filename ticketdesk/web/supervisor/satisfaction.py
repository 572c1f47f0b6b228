"""Satisfaction: what customers said when they were asked."""

from typing import Any

from flask import Response, render_template

from ticketdesk.reports import satisfaction as moods
from ticketdesk.reports.satisfaction import PAGE, Mood
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web.supervisor import asked, door, drawing
from ticketdesk.web.supervisor.asked import Asked
from ticketdesk.web.supervisor.door import blueprint


@blueprint.get("/satisfaction")
def satisfaction() -> str:
    """The page."""
    report = asked.read()
    mood, found = moods.overall(report.scope), moods.comments(report.scope, asked.before(), PAGE + 1)
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    by_queue = _named(report, "queue")
    lines = [(name, one.share) for _key, name, one in by_queue if one.share is not None]
    days = [(day, drawing.day_name(day), one) for day, one in moods.by_day(report.scope).items() if one.asked]
    return render_template(
        "supervisor/satisfaction.html",
        report=report,
        mood=mood,
        scores=moods.scores(report.scope),
        by_queue=by_queue,
        by_assignee=_named(report, "assignee"),
        by_channel=_named(report, "channel"),
        by_day=days,
        spans=drawing.spans(lines[:4]),
        comments=shown,
        older=f"{last.answered_at.isoformat()},{last.answer_id}" if last else None,
        drawing=drawing,
    )


@blueprint.get("/satisfaction.csv")
def satisfaction_file() -> Response:
    """The answers as a spreadsheet."""
    report = asked.read()
    rows = [
        [row.number, row.subject, row.score, row.comment, row.answered_at.isoformat(), row.agent]
        for row in moods.comments(report.scope, limit=20_000)
    ]
    return door.as_file(csv_of(["ticket", "subject", "score", "comment", "answered", "agent"], rows), "satisfaction")


def _named(report: Asked, dimension: str) -> list[tuple[Any, str, Mood]]:
    return asked.named(moods.by(report.scope, dimension), dimension, report.queues)
