"""What customers were promised in a period, and the tickets behind each figure."""

from flask import Response, render_template, request

from ticketdesk.reports import promises
from ticketdesk.reports.measuring import PAGE
from ticketdesk.reports.promises import ONLY
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web.desk import promised
from ticketdesk.web.supervisor import asked, door, drawing
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.texts import _

MOST_ROWS = 20_000


def kinds() -> dict[str, str]:
    """The figures in words."""
    return {
        "made": _("Made"),
        "kept": _("Kept"),
        "told": _("Told of a later time"),
        "kept_later": _("Kept at the later time"),
        "broken": _("Broken"),
        "open": _("Still open"),
    }


@blueprint.get("/times/promises")
def promises_behind() -> str:
    """A page of promises, the newest first."""
    report, only = asked.read(), _only()
    found = promises.behind(report.scope, only, before=asked.before(), limit=PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return render_template(
        "supervisor/promises.html",
        report=report,
        found=found[:PAGE],
        older=f"{last.made_at.isoformat()},{last.id}" if last else None,
        only=only,
        kinds=kinds(),
        place=promised.place,
        drawing=drawing,
    )


@blueprint.get("/times/promises.csv")
def promises_file() -> Response:
    """All of them as a spreadsheet."""
    report = asked.read()
    rows = [
        [
            row.number,
            row.subject,
            row.queue,
            row.made_at.isoformat(),
            row.said_in,
            row.first_for.isoformat(),
            row.promised_for.isoformat(),
            row.state,
            row.told_at.isoformat() if row.told_at else "",
            row.decided_at.isoformat() if row.decided_at else "",
        ]
        for row in promises.behind(report.scope, _only(), limit=MOST_ROWS)
    ]
    head = ["ticket", "subject", "queue", "made", "said_in", "first_for", "promised_for", "state", "told", "decided"]
    return door.as_file(csv_of(head, rows), "promises")


def _only() -> str:
    only = request.args.get("only", "made")
    return only if only in ONLY else "made"
