"""Response times: how long customers waited, by day, hour, queue and whom it was given to."""

from typing import Any

from flask import Response, render_template

from ticketdesk.reports import charting, measuring, promises
from ticketdesk.reports.measuring import BARS, METRICS, Figures
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web.desk import due
from ticketdesk.web.supervisor import asked, door, drawing
from ticketdesk.web.supervisor.asked import Asked
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.supervisor.promises import kinds
from ticketdesk.web.texts import _


@blueprint.get("/times")
def times() -> str:
    """The page."""
    report = asked.read()
    summary = measuring.summary(report.scope)
    figures = summary[report.metric]
    days = measuring.by_day(report.scope, report.metric)
    step = charting.bar_step(figures.p90 * 1.5 if figures.p90 else charting.HOUR, BARS)
    bars = measuring.distribution(report.scope, report.metric, step)
    hours, weekdays = drawing.heat(measuring.by_hour(report.scope, report.metric))
    shares = [(due.metric(name), found.share) for name, found in summary.items() if found.share is not None]
    return render_template(
        "supervisor/times.html",
        report=report,
        summary=summary,
        figures=figures,
        days=days,
        trend=drawing.trend(days),
        bars=bars,
        step=step,
        steps=drawing.steps(bars, step),
        hours=hours,
        weekdays=weekdays,
        spans=drawing.spans([(name, share) for name, share in shares if share is not None]),
        by_queue=_named(report, "queue"),
        by_assignee=_named(report, "assignee"),
        by_channel=_named(report, "channel"),
        by_priority=_named(report, "priority"),
        drawing=drawing,
        metric_name=due.metric,
        METRICS=METRICS,
        promises=promises.summary(report.scope),
        kinds=kinds(),
    )


@blueprint.get("/times/days.csv")
def times_by_day() -> Response:
    """The figures of each day as a spreadsheet, times in seconds."""
    report = asked.read()
    rows = [
        [day.isoformat(), *_cells(figures)] for day, figures in measuring.by_day(report.scope, report.metric).items()
    ]
    return door.as_file(csv_of([_("Day"), *_head()], rows), f"{report.metric}-by-day")


@blueprint.get("/times/<any(queue, channel, priority, assignee):dimension>.csv")
def times_by(dimension: str) -> Response:
    """The figures by queue, channel, priority or assignee as a spreadsheet, times in seconds."""
    report = asked.read()
    rows = [[name, *_cells(figures)] for _key, name, figures in _named(report, dimension)]
    return door.as_file(csv_of([dimension, *_head()], rows), f"{report.metric}-by-{dimension}")


def _named(report: Asked, dimension: str) -> list[tuple[Any, str, Figures]]:
    found = measuring.by(report.scope, report.metric, dimension)
    return asked.named(found, dimension, report.queues)


def _head() -> list[str]:
    return ["answered", "p50_s", "p90_s", "mean_s", "judged", "in_target", "changed", "waiting", "waiting_late"]


def _cells(figures: Figures) -> list[object]:
    return [
        figures.answered,
        *(None if value is None else round(value, 1) for value in (figures.p50, figures.p90, figures.mean)),
        figures.judged,
        figures.in_target,
        figures.changed,
        figures.waiting,
        figures.waiting_late,
    ]
