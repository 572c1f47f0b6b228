"""The simulator: what was asked before, and asking what would have been under a draft."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.reports import periods
from ticketdesk.reports.periods import Period
from ticketdesk.sla import editing, simulating
from ticketdesk.sla.drafting import Draft
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulation import SlaSimulation
from ticketdesk.web.admin import policy_form, policy_names
from ticketdesk.web.supervisor import door, simulator_forms
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.texts import _

MOST = 100
MOST_DIGITS = 18


@blueprint.get("/simulator")
def simulator() -> str:
    """What one can begin with, and the simulations of the last days."""
    rows = db.session.execute(
        select(SlaSimulation, Agent.name, SlaPolicy.name, Calendar.name)
        .join(Agent, Agent.id == SlaSimulation.asked_by)
        .outerjoin(SlaPolicy, SlaPolicy.id == SlaSimulation.policy_id)
        .outerjoin(Calendar, Calendar.id == SlaSimulation.calendar_id)
        .where(simulating.asked_by(door.me()))
        .order_by(SlaSimulation.id.desc())
        .limit(MOST)
    ).all()
    policies = db.session.execute(select(SlaPolicy).order_by(SlaPolicy.position, SlaPolicy.id)).scalars().all()
    hours = db.session.execute(select(Calendar).order_by(Calendar.name)).scalars().all()
    return render_template("supervisor/simulator.html", rows=rows, policies=policies, calendars=hours, most=MOST)


@blueprint.get("/simulator/start")
def simulator_start() -> Response:
    """To the form for what was chosen in the list."""
    kind, _colon, number = request.args.get("from", "").partition(":")
    row_id = int(number) if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS else 0
    if kind == "policy":
        return redirect(url_for("supervisor.simulate_policy", policy_id=row_id))
    if kind == "hours":
        return redirect(url_for("supervisor.simulate_hours", calendar_id=row_id))
    return redirect(url_for("supervisor.simulator"))


@blueprint.get("/simulator/policy/<int:policy_id>")
def simulate_policy(policy_id: int) -> str:
    """The form for a draft of a policy, filled with what it says."""
    found = _find(SlaPolicy, policy_id)
    return _policy_page(found, simulator_forms.of_policy(found, editing.in_force(found.id), _usual()))


@blueprint.post("/simulator/policy/<int:policy_id>")
def ask_policy(policy_id: int) -> Response | tuple[str, int]:
    """Ask what would have been under it."""
    found, form = _find(SlaPolicy, policy_id), simulator_forms.PolicyDraftForm()
    version = editing.in_force(found.id)
    policy_form.offer_what_is_set(form, version, policy_names.load())
    if form.validate():
        with form.refusals():
            form.check_base(version)
            return _asked(Draft(policy_id=found.id, words=form.draft(version)), _days(form))
    return _policy_page(_find(SlaPolicy, policy_id), form), 422


@blueprint.get("/simulator/hours/<int:calendar_id>")
def simulate_hours(calendar_id: int) -> str:
    """The form for a draft of a calendar, filled with what it says."""
    found = _find(Calendar, calendar_id)
    return _hours_page(found, simulator_forms.of_calendar(calendars.current(found.id), _usual()))


@blueprint.post("/simulator/hours/<int:calendar_id>")
def ask_hours(calendar_id: int) -> Response | tuple[str, int]:
    """Ask what would have been in it."""
    found, form = _find(Calendar, calendar_id), simulator_forms.HoursDraftForm()
    version = calendars.current(found.id)
    simulator_forms.offer_holidays(form, version, door.now().date())
    fits, hours = form.validate(), form.draft(version)
    if fits and hours is not None:
        with form.refusals():
            form.check_base(version)
            return _asked(Draft(calendar_id=found.id, hours=hours), _days(form))
    return _hours_page(_find(Calendar, calendar_id), form), 422


def _asked(draft: Draft, period: Period) -> Response:
    made = simulating.ask(door.me(), draft, period.start, period.end, door.now())
    db.session.commit()
    flash(_("The simulation has begun. You may leave this page; it goes on."))
    return redirect(url_for("supervisor.simulation", simulation_id=made.id), 303)


def _usual() -> Period:
    return periods.latest(periods.USUAL, door.me().timezone, door.now())


def _days(form: Any) -> Period:
    if not all(1970 < day.year < 2200 for day in (form.first.data, form.last.data)):
        raise Invalid(_("Choose days of our time."), "first")
    return Period(form.first.data, form.last.data, door.me().timezone)


def _find(model: Any, row_id: int) -> Any:
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound
    return found


def _policy_page(found: SlaPolicy, form: simulator_forms.PolicyDraftForm) -> str:
    version = editing.in_force(found.id)
    policy_form.offer_what_is_set(form, version, policy_names.load())
    return render_template(
        "supervisor/simulator_policy.html",
        policy=found,
        version=version,
        form=form,
        priorities=[(name, policy_names.priority(name)) for name in policy_names.PRIORITIES],
        metrics=[(name, policy_names.metric(name)) for name in ("first_response", "next_response", "resolution")],
    )


def _hours_page(found: Calendar, form: simulator_forms.HoursDraftForm) -> str:
    version = calendars.current(found.id)
    simulator_forms.offer_holidays(form, version, door.now().date())
    names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    return render_template(
        "supervisor/simulator_hours.html",
        calendar=found,
        version=version,
        form=form,
        days=list(zip(simulator_forms.DAYS, names, strict=True)),
    )
