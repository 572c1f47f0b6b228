"""The form for hours: the week, single dates, which holidays are worked, and from when all that holds."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from wtforms import FieldList, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms import Form as Part
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from ticketdesk.calendars import days_off, editing, wallclock
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.calendars.rules import MOST_INTERVALS, Hours, from_stored
from ticketdesk.core.errors import Invalid
from ticketdesk.core.locales import zones
from ticketdesk.web.admin import times
from ticketdesk.web.forms import BoxesField, Form, offered, plain
from ticketdesk.web.texts import _

MOST_DATES = 200
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OFFICE = [[[9 * 60, 17 * 60]]] * 5 + [[], []]
BEGINS = [("now", "At once"), ("later", "Later")]
LOCAL = "%Y-%m-%dT%H:%M"


@cache
def _zones() -> list[SelectChoice]:
    """All zones by the part of the world that their names begin with."""
    plain_names = sorted(zone for zone in zones() if "/" not in zone)
    placed = sorted(zone for zone in zones() if "/" in zone and not zone.startswith("Etc/"))
    other = sorted(zone for zone in zones() if zone.startswith("Etc/"))
    return [
        SelectChoice("UTC", "UTC"),
        *(SelectChoice(zone, _city(zone), optgroup=zone.partition("/")[0]) for zone in placed),
        *(SelectChoice(zone, zone, optgroup="Other names") for zone in (*plain_names, *other) if zone != "UTC"),
    ]


def _city(zone: str) -> str:
    """A zone as it is looked for: London, or Indianapolis (Indiana)."""
    _region, *middle, city = zone.replace("_", " ").split("/")
    return f"{city} ({', '.join(middle)})" if middle else city


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
    """The hours of a calendar; `add`, `add_date`, `copy` and `remove` are buttons that change the form alone."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=editing.LONGEST_NAME)], filters=[plain])
    timezone = SelectField("Time zone", [InputRequired()], choices=_zones)
    monday = FormField(DayPart)
    tuesday = FormField(DayPart)
    wednesday = FormField(DayPart)
    thursday = FormField(DayPart)
    friday = FormField(DayPart)
    saturday = FormField(DayPart)
    sunday = FormField(DayPart)
    dates = FieldList(FormField(DatePart), max_entries=MOST_DATES)
    worked = BoxesField("Holidays on which you work", validate_choice=False, choices=list)
    begins = RadioField("From when", choices=offered(BEGINS), default="now")
    begins_at = StringField("Day and time", [Length(max=25)])
    based_on = HiddenField(validators=[Length(max=18)])
    copy_from = SelectField(choices=lambda: offered((day, day) for day in DAYS), default=DAYS[0])
    copy_to = BoxesField(choices=lambda: offered((day, day) for day in DAYS))
    add = HiddenField(validators=[Length(max=10)])
    add_date = HiddenField(validators=[Length(max=10)])
    copy = HiddenField(validators=[Length(max=10)])
    remove = HiddenField(validators=[Length(max=40)])

    fresh: str | None = None
    """The part that a button has just made, where one goes on typing."""

    @property
    def days(self) -> list[FieldList]:
        """The openings of the seven days."""
        return [self[day].form.openings for day in DAYS]

    def rearranged(self) -> bool:
        """Do what one of the buttons inside the form asks; False when none was pressed."""
        if self.add.data in DAYS:
            day = self[self.add.data].form.openings
            if len(day) < MOST_INTERVALS:
                self.fresh = day.append_entry(
                    {"start": "09:00" if not len(day) else "", "end": "17:00" if not len(day) else ""}
                ).name
            return True
        if self.add_date.data:
            if len(self.dates) < MOST_DATES:
                self.fresh = self.dates.append_entry({}).name
            return True
        if self.copy.data:
            self._copy()
            return True
        if self.remove.data:
            for weekday in self.days:
                weekday.entries = [one for one in weekday.entries if one.name != self.remove.data]
            self.dates.entries = [one for one in self.dates.entries if one.name != self.remove.data]
            return True
        return False

    def _copy(self) -> None:
        """Give the days that were ticked the hours of the day that was chosen."""
        if self.copy_from.data not in DAYS:
            return
        openings = [
            {"start": one.form.start.data, "end": one.form.end.data} for one in self[self.copy_from.data].form.openings
        ]
        for name in DAYS:
            if name in (self.copy_to.data or []) and name != self.copy_from.data:
                day = self[name].form.openings
                while day.entries:
                    day.pop_entry()
                for opening in openings:
                    day.append_entry(opening)
        self.copy_to.data = []

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
            found[on] = {"date": on, "name": name, "open": sorted(openings)}
        return [found[on] for on in sorted(found)] if fits else None

    def holidays(self, version: CalendarVersion | None) -> list[dict[str, Any]]:
        """The holidays of a version, switched as they were ticked."""
        return days_off.switched(version.holidays if version is not None else [], set(self.worked.data or []))

    def starts_at(self, now: datetime) -> datetime | None:
        """From when it holds, on the clock of the calendar; None when that makes no sense, which is said beside it."""
        if self.begins.data != "later":
            return now
        try:
            shown = datetime.fromisoformat((self.begins_at.data or "").strip())
            if shown.tzinfo is not None or not wallclock.is_zone(self.timezone.data or ""):
                raise ValueError
            return wallclock.moment(self.timezone.data, shown)[0]
        except (ValueError, OverflowError):
            self.begins_at.errors = [_("Say from which day and time on, like 2026-12-24 09:00.")]
            return None

    def draft(self, version: CalendarVersion | None) -> Hours | None:
        """The hours as they stand in the form; None when they make no sense."""
        week, exceptions = self.week(), self.exceptions()
        if week is None or exceptions is None:
            return None
        try:
            return from_stored(self.timezone.data or "", week, exceptions, self.holidays(version))
        except Invalid as refusal:
            self.form_errors.append(str(refusal))
            return None


def filled(name: str, version: CalendarVersion, now: datetime) -> HoursForm:
    """The form with what a version says; dates long past are left out."""
    since = (now - editing.KEPT_BACK).date().isoformat()
    dates = [
        {"day": one["date"], "name": one.get("name", ""), "open": times.line(one["open"])}
        for one in version.exceptions
        if one["date"] >= since
    ]
    is_announced = version.starts_at > now
    return HoursForm(
        formdata=None,
        name=name,
        timezone=version.timezone,
        dates=dates,
        worked=[one["date"] for one in version.holidays if one.get("off")],
        begins="later" if is_announced else "now",
        begins_at=_shown(version.starts_at, version.timezone) if is_announced else "",
        based_on=str(version.number),
        **of_week(version.week),
    )


def fresh() -> HoursForm:
    """The form for a new calendar, filled with office hours."""
    return HoursForm(formdata=None, timezone="UTC", **of_week(OFFICE))


def of_week(week: Sequence[Any]) -> dict[str, Any]:
    """Seven days as the form's fields want them."""
    return {
        name: {"openings": [{"start": times.words(start), "end": times.words(end)} for start, end in day]}
        for name, day in zip(DAYS, week, strict=True)
    }


def bars(form: HoursForm) -> list[list[tuple[float, float]]]:
    """What was typed for each day as hours from 0 to 24, as far as it can be read."""
    found = []
    for day in form.days:
        spans: list[times.Interval] = []
        for opening in day:
            try:
                spans.append((times.minutes(opening.form.start.data or ""), times.minutes(opening.form.end.data or "")))
            except Invalid:
                continue
        found.append(times.hours(spans))
    return found


def _shown(at: datetime, zone: str) -> str:
    return wallclock.shown(zone, at).strftime(LOCAL)
