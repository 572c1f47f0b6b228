"""One's own numbers: what was answered, how long it took, and how content the customers were."""

from flask import render_template
from flask_babel import format_percent

from ticketdesk.reports import own, periods, satisfaction
from ticketdesk.reports.measuring import Scope
from ticketdesk.web import spans
from ticketdesk.web.desk import door, views
from ticketdesk.web.desk.door import blueprint

WEEK, MONTH = 7, 30
"""Days that are looked at, today included; few customers answer a survey, so their days are more."""


@blueprint.get("/numbers")
def own_numbers() -> str:
    """The page; it shows nobody else, and nobody else is shown it."""
    me, now = door.me(), door.now()
    week = Scope(me, periods.latest(WEEK, me.timezone, now))
    month = Scope(me, periods.latest(MONTH, me.timezone, now))
    mood = satisfaction.own(month)
    return render_template(
        "desk/own_numbers.html",
        today=own.replied(week, periods.latest(1, me.timezone, now)),
        week=own.replied(week, week.period),
        medians={name: (one.answered, _span(one.p50)) for name, one in own.medians(week).items()},
        spent=[(spans.short(one.seconds), one.tickets) for one in own.spent(week)],
        mood=mood,
        content=format_percent(mood.share.value, "#,##0 %") if mood.share else "–",
        answers=own.answers(week),
        said=satisfaction.own_comments(month) if mood.answered else [],
        zone=me.timezone.replace("_", " "),
        rail=views.rail(me, views.queues_of(me)),
        view=views.nowhere(),
    )


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else spans.short(seconds)
