"""Satisfaction: what customers said when they were asked."""

from flask import Response, render_template

from ticketdesk.reports import satisfaction as moods
from ticketdesk.reports.satisfaction import PAGE, Mood
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web.supervisor import asked, door, drawing
from ticketdesk.web.supervisor.asked import Asked
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.texts import _


@blueprint.get("/satisfaction")
def satisfaction() -> str:
    """The page."""
    report = asked.read()
    mood, found = moods.overall(report.scope), moods.comments(report.scope, asked.before(), PAGE + 1)
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    lines = [(name, one.share) for _key, name, one in _named(report, "queue") if one.share is not None]
    return render_template(
        "supervisor/satisfaction.html",
        report=report,
        mood=mood,
        scores=moods.scores(report.scope),
        by_queue=_named(report, "queue"),
        by_assignee=_named(report, "assignee"),
        by_channel=_named(report, "channel"),
        by_day=moods.by_day(report.scope),
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


def _named(report: Asked, dimension: str) -> list[tuple[object, str, Mood]]:
    found = moods.by(report.scope, dimension)
    names = asked.names_of(dimension, list(found), report.queues)
    words = {"email": _("Mail"), "form": _("Form"), "chat": _("Chat"), None: _("Nobody")}
    named = [(key, str(names.get(key) or words.get(key, key)), mood) for key, mood in found.items()]
    return sorted(named, key=lambda row: (-row[2].answered, row[1]))
