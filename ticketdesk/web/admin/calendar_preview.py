"""The next two weeks while hours are being edited."""

from flask import abort, render_template

from ticketdesk.calendars.calendar import Calendar
from ticketdesk.web.admin import calendar_days, door, hours_page
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.hours_form import HoursForm
from ticketdesk.web.forms import has_nul


@blueprint.post("/hours/preview")
def preview_new_hours() -> str:
    """As a new calendar would have them; saves nothing."""
    if has_nul():
        abort(422)
    return render_template("admin/_calendar_ahead.html", ahead=hours_page.drafted(HoursForm(), None, None, door.now()))


@blueprint.post("/hours/<int:calendar_id>/preview")
def preview_hours(calendar_id: int) -> str:
    """As the calendar would have them if the form were saved now; saves nothing."""
    if has_nul():
        abort(422)
    found = door.find(Calendar, calendar_id)
    known = hours_page.versions(found.id)
    ahead = hours_page.drafted(HoursForm(), known[-1], calendar_days.told(known), door.now())
    return render_template("admin/_calendar_ahead.html", ahead=ahead)
