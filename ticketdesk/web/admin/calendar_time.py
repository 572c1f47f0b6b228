"""How much business time lies between two moments, on the clock of a calendar."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import render_template, request

from ticketdesk.calendars import editing, hours, preview, wallclock
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.web.admin import calendar_days, door, hours_page
from ticketdesk.web.admin.calendar_days import Row, Told
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.texts import _

MOST_YEARS = 10
MOST_DAYS = 62
"""More days than this are counted but not listed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found."""

    total: str
    seconds: int
    wall: str
    remarks: list[str]
    rows: list[Row]


@blueprint.get("/hours/<int:calendar_id>/time")
def business_time(calendar_id: int) -> str:
    """The open time between two local times, day by day; a page of its own, or the part of one."""
    found = door.find(Calendar, calendar_id)
    start, end = (request.args.get(name, "").strip()[:30] for name in ("start", "end"))
    version = editing.in_force(found.id, door.now())
    answer, refusal = _between(found.id, version.timezone, start, end)
    page = "admin/_calendar_time.html" if request.headers.get("HX-Request") else "admin/calendar_time.html"
    return render_template(
        page, calendar=found, start=start, end=end, answer=answer, refusal=refusal, zone=version.timezone
    )


def _between(calendar_id: int, zone: str, start: str, end: str) -> tuple[Answer | None, str]:
    """The answer, or what is wrong with the question."""
    if not start and not end:
        return None, ""
    try:
        shown = [datetime.fromisoformat(one) for one in (start, end)]
        if any(one.tzinfo is not None for one in shown):
            raise ValueError
        (first, one), (last, other) = (wallclock.moment(zone, one) for one in shown)
    except (ValueError, OverflowError):
        return None, _("Give both as a day and a time, like 2026-12-24 09:00.")
    if last < first:
        return None, _("The second time lies before the first.")
    if last - first > timedelta(days=366 * MOST_YEARS) or not 1900 < first.year < 2200:
        return None, _("Give two times of our day, at most %(n)s years apart.", n=MOST_YEARS)
    found = calendar_days.told(hours_page.versions(calendar_id))
    seconds = hours.business_seconds(found.history, first, last)
    return (
        Answer(
            total=calendar_days.span(seconds),
            seconds=seconds,
            wall=calendar_days.span(int((last - first).total_seconds())),
            remarks=[words for words in (_remark(shown[0], one), _remark(shown[1], other)) if words],
            rows=_rows(found, first, last, shown[0].date(), shown[1].date()),
        ),
        "",
    )


def _remark(shown: datetime, reading: wallclock.Reading) -> str:
    """What to know of a time that is there twice or not at all."""
    said = f"{shown:%H:%M}"
    if reading == "twice":
        return _("%(time)s comes twice that night; the first is meant.", time=said)
    if reading == "skipped":
        return _("%(time)s is skipped that night, when clocks go forward; it is taken as that much later.", time=said)
    return ""


def _rows(found: Told, first: datetime, last: datetime, start: date, end: date) -> list[Row]:
    """Each day with what of it lies between the two."""
    many = (end - start).days + 1
    if many > MOST_DAYS:
        return []
    days = preview.days(found.history, found.names, start, many)
    if many > 1 and preview.midnight(days[-1].zone, end) >= last.timestamp():
        days.pop()  # nothing of the last date lies before its midnight
    return [calendar_days.row(preview.cut(day, first, last), None) for day in days]
