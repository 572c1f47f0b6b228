"""Business hours: when time counts, week by week and on single dates."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, HiddenField, SelectField, StringField
from wtforms import Form as Part
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from ticketdesk.calendars import editing
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.rules import MOST_INTERVALS
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.sla.policy import SlaPolicyVersion
from ticketdesk.web.admin import door, times
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _

MOST_DATES = 200
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OFFICE = [[[9 * 60, 17 * 60]]] * 5 + [[], []]


@cache
def _zones() -> list[SelectChoice]:
    return offered((zone, zone) for zone in sorted(available_timezones()))


class OpeningPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """From and to."""

    start = StringField(validators=[Length(max=20)])
    end = StringField(validators=[Length(max=20)])


class DayPart(Part):  # type: ignore[misc]
    """The openings of one weekday."""

    openings = FieldList(FormField(OpeningPart), max_entries=MOST_INTERVALS)


class DatePart(Part):  # type: ignore[misc]
    """One date with other hours."""

    day = StringField(validators=[Length(max=10)])
    name = StringField(validators=[Length(max=80)], filters=[plain])
    open = StringField(validators=[Length(max=200)])


class HoursForm(Form):
    """The hours of a calendar; `add`, `add_date` and `remove` are buttons that change the form and save nothing."""

    timezone = SelectField("Time zone", [InputRequired()], choices=_zones)
    monday = FormField(DayPart)
    tuesday = FormField(DayPart)
    wednesday = FormField(DayPart)
    thursday = FormField(DayPart)
    friday = FormField(DayPart)
    saturday = FormField(DayPart)
    sunday = FormField(DayPart)
    dates = FieldList(FormField(DatePart), max_entries=MOST_DATES)
    add = HiddenField(validators=[Length(max=10)])
    add_date = HiddenField(validators=[Length(max=10)])
    remove = HiddenField(validators=[Length(max=10)])

    @property
    def days(self) -> list[FieldList]:
        """The openings of the seven days."""
        return [self[day].form.openings for day in DAYS]

    def rearranged(self) -> bool:
        """Do what one of the buttons inside the form asks; False when none was pressed."""
        if self.add.data in DAYS:
            day = self[self.add.data].form.openings
            if len(day) < MOST_INTERVALS:
                day.append_entry({"start": "09:00" if not len(day) else "", "end": "17:00" if not len(day) else ""})
            return True
        if self.add_date.data:
            if len(self.dates) < MOST_DATES:
                self.dates.append_entry({})
            return True
        if self.remove.data:
            for weekday in self.days:
                weekday.entries = [one for one in weekday.entries if one.name != self.remove.data]
            self.dates.entries = [one for one in self.dates.entries if one.name != self.remove.data]
            return True
        return False

    def week(self) -> list[list[list[int]]] | None:
        """The openings of seven days; None when one makes no sense, which is said beside it."""
        found: list[list[list[int]]] = []
        fits = True
        for day in self.days:
            openings = []
            for opening in day:
                start, end = opening.form.start, opening.form.end
                if not (start.data or "").strip() and not (end.data or "").strip():
                    continue
                try:
                    openings.append(list(times.interval(start.data or "", end.data or "")))
                except Invalid as refusal:
                    start.errors, fits = [str(refusal)], False
            found.append(sorted(openings))
        return found if fits else None

    def exceptions(self) -> list[dict[str, Any]] | None:
        """The single dates; None when one makes no sense, which is said beside it."""
        found: dict[str, dict[str, Any]] = {}
        fits = True
        for row in self.dates:
            day, name, hours = row.form.day, row.form.name.data or "", row.form.open
            if not (day.data or "").strip() and not name and not (hours.data or "").strip():
                continue
            try:
                on = date.fromisoformat((day.data or "").strip()).isoformat()
            except ValueError:
                day.errors, fits = [_("This is not a date; write it like 2026-12-24.")], False
                continue
            try:
                openings = [list(one) for one in times.intervals(hours.data or "")]
            except Invalid as refusal:
                hours.errors, fits = [str(refusal)], False
                continue
            if on in found:
                day.errors, fits = [_("This date is there twice.")], False
            found[on] = {"date": on, "name": name, "open": openings}
        return [found[on] for on in sorted(found)] if fits else None


class NewHoursForm(HoursForm):
    """The same with a name, which never changes afterwards."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=editing.LONGEST_NAME)], filters=[plain])


@blueprint.get("/hours")
def hours() -> str:
    """All calendars."""
    later = aliased(CalendarVersion)
    newest = select(func.max(later.number)).where(later.calendar_id == CalendarVersion.calendar_id).scalar_subquery()
    used = (
        select(func.count(SlaPolicyVersion.policy_id.distinct()))
        .where(SlaPolicyVersion.calendar_id == Calendar.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Calendar, CalendarVersion, used)
        .join(CalendarVersion, CalendarVersion.calendar_id == Calendar.id)
        .where(CalendarVersion.number == newest)
        .order_by(Calendar.name)
    ).all()
    return render_template("admin/hours.html", rows=rows, bar=times.hours)


@blueprint.get("/hours/new")
def new_hours() -> str:
    """A form for another calendar, filled with office hours."""
    form = NewHoursForm(formdata=None, timezone="UTC", **_days(OFFICE))
    return render_template("admin/hours_new.html", form=form, **_week(form))


@blueprint.post("/hours")
def create_hours() -> Response | str | tuple[str, int]:
    """Make a calendar."""
    form = NewHoursForm()
    if form.rearranged():
        return render_template("admin/hours_new.html", form=form, **_week(form))
    fits, week, exceptions = form.validate(), form.week(), form.exceptions()
    if fits and week is not None and exceptions is not None:
        with form.refusals():
            made = editing.create(
                form.name.data, form.timezone.data, week, door.me(), door.now(), exceptions=exceptions
            )
            return _saved(made.id)
    return render_template("admin/hours_new.html", form=form, **_week(form)), 422


@blueprint.get("/hours/<int:calendar_id>")
def calendar(calendar_id: int) -> str:
    """One calendar."""
    found = door.find(Calendar, calendar_id)
    version = editing.current(found.id)
    dates = [
        {"day": one["date"], "name": one.get("name", ""), "open": times.line(one["open"])} for one in version.exceptions
    ]
    return _page(
        found, version, HoursForm(formdata=None, timezone=version.timezone, dates=dates, **_days(version.week))
    )


@blueprint.post("/hours/<int:calendar_id>")
def change_hours(calendar_id: int) -> Response | str | tuple[str, int]:
    """Give a calendar other hours from now on, as a new version."""
    found, form = door.find(Calendar, calendar_id), HoursForm()
    version = editing.current(found.id)
    if form.rearranged():
        return _page(found, version, form)
    fits, week, exceptions = form.validate(), form.week(), form.exceptions()
    if fits and week is not None and exceptions is not None:
        with form.refusals():
            editing.change(
                found,
                form.timezone.data,
                week,
                door.me(),
                door.now(),
                exceptions=exceptions,
                holidays=version.holidays,
            )
            return _saved(found.id)
    return _page(found, version, form), 422


def _days(week: Sequence[Any]) -> dict[str, Any]:
    return {
        name: {"openings": [{"start": times.words(start), "end": times.words(end)} for start, end in day]}
        for name, day in zip(DAYS, week, strict=True)
    }


def _week(form: HoursForm) -> dict[str, Any]:
    """The names of the days, and the bar of each as far as what was typed can be drawn."""
    names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    bars = []
    for day in form.days:
        spans: list[times.Interval] = []
        for opening in day:
            try:
                spans.append((times.minutes(opening.form.start.data or ""), times.minutes(opening.form.end.data or "")))
            except Invalid:
                continue
        bars.append(times.hours(spans))
    return {"keys": DAYS, "names": names, "bars": bars}


def _saved(calendar_id: int) -> Response:
    db.session.commit()
    flash(_("Saved. Clocks count in these hours from now on."))
    return redirect(url_for("admin.calendar", calendar_id=calendar_id))


def _page(found: Calendar, version: CalendarVersion, form: HoursForm) -> str:
    used = db.session.scalar(
        select(func.count(SlaPolicyVersion.policy_id.distinct())).where(SlaPolicyVersion.calendar_id == found.id)
    )
    return render_template("admin/calendar.html", calendar=found, version=version, form=form, used=used, **_week(form))
