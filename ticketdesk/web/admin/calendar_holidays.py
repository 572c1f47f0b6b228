"""Where the holidays of a calendar come from: countries, calendar files, and subscriptions."""

from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date, get_locale
from flask_wtf.file import FileField
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.calendars import almanac, sources
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.core import outgoing
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.web.admin import door, hours_page
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import EmptyForm, Form, offered
from ticketdesk.web.texts import _


class CountryForm(Form):
    """A country, and a part of it."""

    country = SelectField("Country", [InputRequired("Choose a country.")], choices=lambda: offered(_countries()))
    part = SelectField("Part of the country", choices=list, validate_choice=False)


class FileForm(Form):
    """A calendar file."""

    file = FileField("Calendar file", [InputRequired("Choose a file.")])


class SubscriptionForm(Form):
    """The address of somebody's calendar."""

    url = StringField(
        "Address of the calendar",
        [InputRequired("An address, please."), Length(max=outgoing.LONGEST_URL)],
        description="It ends in .ics most of the time, and begins with https:// or webcal://. It is kept secret here.",
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A country as it was chosen, with the days that would be closed."""

    code: str
    part: str
    parts: list[list[str]]
    days: list[tuple[str, str]]


@blueprint.get("/hours/<int:calendar_id>/holidays")
def new_holidays(calendar_id: int) -> str:
    """Where holidays could come from; a country is looked at before it is taken."""
    found = door.find(Calendar, calendar_id)
    code, part = (request.args.get(name, "").strip()[:12] for name in ("country", "part"))
    form = CountryForm(formdata=None, country=code, part=part)
    return _page(found, country=form)


@blueprint.post("/hours/<int:calendar_id>/holidays/country")
def add_country(calendar_id: int) -> Response | tuple[str, int]:
    """Close on the holidays of a country."""
    found, form = door.find(Calendar, calendar_id), CountryForm()
    if form.validate():
        with form.refusals():
            code, part = form.country.data, form.part.data or ""
            first, last = sources.years(door.now())
            known = almanac.country(code, part, first, last, _language())
            source = sources.add_country(found, code, part, _language(), known["days"], door.me(), door.now())
            source.name = dict(known["parts"]).get(part, "")
            return _added(calendar_id, _("Holidays added. Say below on which of them you work all the same."))
    return _page(door.find(Calendar, calendar_id), country=form), 422


@blueprint.post("/hours/<int:calendar_id>/holidays/file")
def add_file(calendar_id: int) -> Response | tuple[str, int]:
    """Close on the days of a calendar file."""
    found, form = door.find(Calendar, calendar_id), FileForm()
    if form.validate():
        with form.refusals():
            upload: FileStorage = form.file.data
            content = upload.stream.read(almanac.LARGEST + 1)
            upload.close()  # a large one lies in a file of its own until then
            days = almanac.of_file(content, *sources.window(door.now()))
            sources.add_file(found, upload.filename or "", content, days, door.me(), door.now())
            return _added(calendar_id, _("Days added. Say below on which of them you work all the same."))
    return _page(door.find(Calendar, calendar_id), file=form), 422


@blueprint.post("/hours/<int:calendar_id>/holidays/subscription")
def subscribe_holidays(calendar_id: int) -> Response | tuple[str, int]:
    """Follow somebody's calendar."""
    found, form = door.find(Calendar, calendar_id), SubscriptionForm()
    if form.validate():
        with form.refusals():
            sources.subscribe(found, form.url.data, door.me(), door.now())
            return _added(calendar_id, _("Subscribed. The calendar is read now, and from then on once a day."))
    return _page(door.find(Calendar, calendar_id), subscription=form), 422


@blueprint.get("/hours/<int:calendar_id>/holidays/sources")
def holiday_sources(calendar_id: int) -> str:
    """The list of sources alone, while one of them is being read."""
    return render_template("admin/_calendar_sources.html", **hours_page.of_sources(door.find(Calendar, calendar_id)))


@blueprint.post("/hours/<int:calendar_id>/holidays/<int:source_id>/reading")
def read_holidays(calendar_id: int, source_id: int) -> Response:
    """Look again now."""
    source = _find(calendar_id, source_id)
    if EmptyForm().validate():
        sources.read_soon(source, door.now())
        db.session.commit()
        flash(_("It is read again now."))
    return redirect(url_for("admin.calendar", calendar_id=calendar_id, _anchor="holidays"))


@blueprint.post("/hours/<int:calendar_id>/holidays/<int:source_id>/removal")
def remove_holidays(calendar_id: int, source_id: int) -> Response:
    """Close no more on the days that came from there."""
    sources.remove(_find(calendar_id, source_id), door.me(), door.now())
    return _added(calendar_id, _("Removed. Its days are no holidays of this calendar any more."))


def _find(calendar_id: int, source_id: int) -> HolidaySource:
    """A source of this calendar; raises NotFound."""
    of = select(HolidaySource).where(HolidaySource.id == source_id, HolidaySource.calendar_id == calendar_id)
    found = db.session.scalars(of).one_or_none()
    if found is None:
        raise NotFound
    return found


def _added(calendar_id: int, words: str) -> Response:
    db.session.commit()
    flash(words)
    return redirect(url_for("admin.calendar", calendar_id=calendar_id, _anchor="holidays"))


def _countries() -> list[tuple[str, str]]:
    """All countries by their names in the reader's language."""
    named = [(code, hours_page.country_name(code)) for code in almanac.countries()]
    return sorted(named, key=lambda one: one[1].casefold())


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale is not None else "en"


def _page(
    found: Calendar,
    country: CountryForm | None = None,
    file: FileForm | None = None,
    subscription: SubscriptionForm | None = None,
) -> str:
    country = country or CountryForm(formdata=None)
    chosen = _chosen(country)
    if chosen is not None:
        country.part.choices = offered([("", _("All of it")), *((code, name) for code, name in chosen.parts)])
    return render_template(
        "admin/calendar_holidays.html",
        calendar=found,
        country=country,
        chosen=chosen,
        file=file or FileForm(formdata=None),
        subscription=subscription or SubscriptionForm(formdata=None),
    )


def _chosen(form: CountryForm) -> Choice | None:
    """The days of what was chosen, to be looked at; None for nothing, or a country or part that is not known."""
    code, part = form.country.data or "", form.part.data or ""
    if code not in almanac.countries():
        return None
    first, last = sources.years(door.now())
    try:
        known = almanac.country(code, part, first, last, _language())
    except Invalid:
        part, known = "", almanac.country(code, "", first, last, _language())
        form.part.data = ""
    today = door.now().date().isoformat()
    days = [
        (format_date(date.fromisoformat(day["date"]), "EEE d MMM y"), day["name"])
        for day in known["days"]
        if day["date"] >= today
    ]
    return Choice(code, part, known["parts"], days)
