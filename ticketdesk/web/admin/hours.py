"""Business hours: all calendars, a new one, and what one says."""

from flask import flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from werkzeug.wrappers import Response

from ticketdesk.calendars import editing
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.calendars.loading import histories
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.web.admin import calendar_days, calendar_uses, door, hours_form, hours_page
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.hours_form import HoursForm
from ticketdesk.web.texts import _

REARRANGED = {"HX-Trigger-After-Settle": "hours-rearranged"}


@blueprint.get("/hours")
def hours() -> str:
    """All calendars."""
    later = aliased(CalendarVersion)
    newest = select(func.max(later.number)).where(later.calendar_id == CalendarVersion.calendar_id).scalar_subquery()
    failing = (
        select(func.count(HolidaySource.id))
        .where(HolidaySource.calendar_id == Calendar.id, HolidaySource.error.is_not(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Calendar, CalendarVersion, failing)
        .join(CalendarVersion, CalendarVersion.calendar_id == Calendar.id)
        .where(CalendarVersion.number == newest)
        .order_by(Calendar.name)
    ).all()
    ids, now = [row.Calendar.id for row in rows], door.now()
    present = {number: calendar_days.present(history, now) for number, history in histories(ids).items()}
    return render_template("admin/hours.html", rows=rows, uses=calendar_uses.in_short(ids), present=present)


@blueprint.get("/hours/new")
def new_hours() -> str:
    """A form for another calendar, filled with office hours."""
    return _new(hours_form.fresh())


@blueprint.post("/hours")
def create_hours() -> Response | str | tuple[str, int]:
    """Make a calendar."""
    form = HoursForm()
    if form.rearranged():
        return _rearranged(_new(form))
    fits, week, exceptions = form.validate(), form.week(), form.exceptions()
    if fits and week is not None and exceptions is not None:
        with form.refusals():
            made = editing.create(
                form.name.data, form.timezone.data, week, door.me(), door.now(), exceptions=exceptions
            )
            db.session.commit()
            flash(_("Calendar made. Say below on which holidays you are closed."))
            return redirect(url_for("admin.calendar", calendar_id=made.id))
    return _new(form), 422


@blueprint.get("/hours/<int:calendar_id>")
def calendar(calendar_id: int) -> str:
    """One calendar."""
    found = door.find(Calendar, calendar_id)
    return hours_page.show(found, hours_form.filled(found.name, editing.current(found.id), door.now()))


@blueprint.post("/hours/<int:calendar_id>")
def change_hours(calendar_id: int) -> Response | str | tuple[str, int]:
    """Give a calendar other hours from some moment on, as a new version."""
    found, form = door.find(Calendar, calendar_id), HoursForm()
    if form.rearranged():
        return _rearranged(hours_page.show(found, form))
    fits, week, exceptions = form.validate(), form.week(), form.exceptions()
    starts_at = form.starts_at(door.now())
    if fits and week is not None and exceptions is not None and starts_at is not None:
        with form.refusals():
            editing.lock(found.id)
            version = _version_seen(found.id, form.based_on.data)
            editing.rename(found, form.name.data, door.me(), door.now())
            written = editing.change(
                found,
                form.timezone.data,
                week,
                door.me(),
                door.now(),
                exceptions=exceptions,
                holidays=form.holidays(version),
                starts_at=starts_at,
            )
            return _saved(found.id, written)
    return hours_page.show(door.find(Calendar, calendar_id), form), 422


@blueprint.post("/hours/<int:calendar_id>/removal")
def remove_calendar(calendar_id: int) -> Response:
    """Forget a calendar that nothing counts in."""
    found = door.find(Calendar, calendar_id)
    try:
        editing.remove(found, door.me(), door.now())
    except Conflict as refusal:
        db.session.rollback()
        flash(str(refusal), "bad")
        return redirect(url_for("admin.calendar", calendar_id=calendar_id))
    db.session.commit()
    flash(_("Calendar removed."))
    return redirect(url_for("admin.hours"))


def _version_seen(calendar_id: int, based_on: str | None) -> CalendarVersion:
    """The newest version; raises Conflict when it is not the one that the form was made from."""
    version = editing.current(calendar_id)
    if based_on and based_on != str(version.number):
        raise Conflict(
            _(
                "These hours were changed meanwhile: they are at version %(n)s now. Open the page again and repeat"
                " your change.",
                n=version.number,
            )
        )
    return version


def _saved(calendar_id: int, written: CalendarVersion) -> Response:
    words = _("Saved as version %(n)s. Time counted until it begins stays as it was counted.", n=written.number)
    db.session.commit()
    flash(words)
    return redirect(url_for("admin.calendar", calendar_id=calendar_id))


def _new(form: HoursForm) -> str:
    return render_template(
        "admin/hours_new.html",
        form=form,
        ahead=hours_page.drafted(form, None, None, door.now()),
        **hours_page.of_form(form),
    )


def _rearranged(page: str) -> Response:
    """The page again; where only its fields are renewed, the preview is told to follow."""
    response = make_response(page)
    if request.headers.get("HX-Request"):
        response.headers.extend(REARRANGED)
    return response
