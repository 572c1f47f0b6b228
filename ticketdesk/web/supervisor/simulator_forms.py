"""The forms of the simulator: which days, and what the draft says differently."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.core.db import Json
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.locales import zones
from ticketdesk.reports.periods import Period
from ticketdesk.sla import drafting
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web.admin import policy_form, times
from ticketdesk.web.admin.hours_form import MOST_DATES
from ticketdesk.web.admin.policy_form import PolicyForm
from ticketdesk.web.forms import BoxesField, Form, offered
from ticketdesk.web.texts import _

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_LINE = 200
MOST_HOLIDAYS = 60


class PolicyDraftForm(PolicyForm):
    """What a policy would say; its name and its warnings move no clock and stay as they are."""

    name = HiddenField()
    warn_percent = HiddenField()
    first = DateField("From", [InputRequired("Choose a day.")])
    last = DateField("To", [InputRequired("Choose a day.")])

    def draft(self, version: SlaPolicyVersion) -> Json:
        """What was filled in, as a draft keeps it."""
        words = self.words(version)
        return {name: getattr(words, name) for name in drafting.WORDS}


def of_policy(policy: SlaPolicy, version: SlaPolicyVersion, period: Period) -> PolicyDraftForm:
    """The form with what the policy says now."""
    shown = dict(policy_form.filled(policy, version).data)
    return PolicyDraftForm(formdata=None, **{**shown, "first": period.first, "last": period.last})


@cache
def _zones() -> list[SelectChoice]:
    return offered((zone, zone) for zone in sorted(zones()))


class HoursDraftForm(Form):
    """What a calendar would say: a line of openings for each weekday, a line for each single date."""

    timezone = SelectField("Time zone", [InputRequired()], choices=_zones)
    monday = StringField(validators=[Length(max=LONGEST_LINE)])
    tuesday = StringField(validators=[Length(max=LONGEST_LINE)])
    wednesday = StringField(validators=[Length(max=LONGEST_LINE)])
    thursday = StringField(validators=[Length(max=LONGEST_LINE)])
    friday = StringField(validators=[Length(max=LONGEST_LINE)])
    saturday = StringField(validators=[Length(max=LONGEST_LINE)])
    sunday = StringField(validators=[Length(max=LONGEST_LINE)])
    dates = TextAreaField("Single dates", [Length(max=20_000)])
    worked = BoxesField("Holidays on which we would work", choices=list)
    based_on = HiddenField(validators=[Length(max=10)])
    first = DateField("From", [InputRequired("Choose a day.")])
    last = DateField("To", [InputRequired("Choose a day.")])

    def draft(self, version: CalendarVersion) -> Json | None:
        """What was filled in, as a draft keeps it; None when something makes no sense, which is said beside it."""
        week, exceptions = [self._openings(day) for day in DAYS], self._exceptions(version)
        if None in week or exceptions is None:
            return None
        worked, offered_days = set(self.worked.data or []), {choice.value for choice in self.worked.choices}
        holidays = [
            {**one, "off": one["date"] in worked} if one["date"] in offered_days else one for one in version.holidays
        ]
        return {"timezone": self.timezone.data, "week": week, "exceptions": exceptions, "holidays": holidays}

    def check_base(self, version: CalendarVersion) -> None:
        """Raises Conflict when other hours were saved meanwhile, which the draft, once adopted, would undo unseen.

        Once told, whoever asks again means it.
        """
        if self.based_on.data != str(version.number):
            self.based_on.data = str(version.number)
            raise Conflict(
                _(
                    "Version %(number)s was saved meanwhile. Look at it in another window; the draft would replace it.",
                    number=version.number,
                )
            )

    def _openings(self, day: str) -> list[list[int]] | None:
        try:
            return sorted(list(one) for one in times.intervals(self[day].data or ""))
        except Invalid as refusal:
            self[day].errors = [str(refusal)]
            return None

    def _exceptions(self, version: CalendarVersion) -> list[Json] | None:
        """Each date with its openings, and with the name that it has."""
        names = {one["date"]: one.get("name", "") for one in version.exceptions}
        found: dict[str, Json] = {}
        for line in (self.dates.data or "").splitlines():
            if not line.strip():
                continue
            written, _space, hours = line.strip().partition(" ")
            try:
                day = date.fromisoformat(written).isoformat()
                found[day] = {
                    "date": day,
                    "name": names.get(day, ""),
                    "open": [list(one) for one in times.intervals(hours)],
                }
            except ValueError:
                self.dates.errors = [
                    _("“%(line)s” does not begin with a date; write it like 2026-12-24 closed.", line=line[:40])
                ]
                return None
            except Invalid as refusal:
                self.dates.errors = [str(refusal)]
                return None
        if len(found) > MOST_DATES:
            self.dates.errors = [_("At most %(n)s dates.", n=MOST_DATES)]
            return None
        return [found[day] for day in sorted(found)]


def offer_holidays(form: HoursDraftForm, version: CalendarVersion, today: date) -> HoursDraftForm:
    """Let one choose among the holidays of the past year, on which a simulation can bear."""
    since = today.replace(day=1, month=1).replace(year=today.year - 1).isoformat()
    past = [one for one in version.holidays if since <= one["date"] <= today.isoformat()][-MOST_HOLIDAYS:]
    form.worked.choices = offered((one["date"], f"{one.get('name', '')}, {one['date']}".strip(", ")) for one in past)
    return form


def of_calendar(version: CalendarVersion, period: Period) -> HoursDraftForm:
    """The form with what the calendar says now."""
    return HoursDraftForm(
        formdata=None,
        timezone=version.timezone,
        dates="\n".join(f"{one['date']} {times.line(one['open'])}" for one in version.exceptions),
        worked=[one["date"] for one in version.holidays if one.get("off")],
        based_on=str(version.number),
        first=period.first,
        last=period.last,
        **_lines(version.week),
    )


def _lines(week: Sequence[Any]) -> Mapping[str, str]:
    return {day: times.line(openings) for day, openings in zip(DAYS, week, strict=True)}
