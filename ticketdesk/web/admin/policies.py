"""SLA policies: what is promised to whom, in which hours, and when the clock stands still."""

from typing import Any, cast

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response
from wtforms import Form as Part
from wtforms import FormField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.policies import METRICS, Metric
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets.status import PRIORITIES
from ticketdesk.web.admin import choices, door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.formatting import duration
from ticketdesk.web.forms import BoxesField, Form, WholeField, offered, plain
from ticketdesk.web.texts import _

UNITS = {"minutes": 60, "hours": 3600}
MOST = 10_000
PAUSES = [("pending", "Pending: we wait for the customer"), ("on_hold", "On hold: we wait for someone else")]


class TargetPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """One promised time; empty promises nothing."""

    amount = WholeField(validators=[Optional(), NumberRange(1, MOST, "A whole number from 1 to 10,000.")])
    unit = SelectField(choices=offered((unit, unit) for unit in UNITS), default="hours")


class TargetsPart(Part):  # type: ignore[misc]
    """What one priority is promised."""

    first_response = FormField(TargetPart)
    next_response = FormField(TargetPart)
    resolution = FormField(TargetPart)


class PolicyForm(Form):
    """What a policy says."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=editing.LONGEST_NAME)], filters=[plain])
    urgent = FormField(TargetsPart)
    high = FormField(TargetsPart)
    normal = FormField(TargetsPart)
    low = FormField(TargetsPart)
    pauses = BoxesField("Categories that pause resolution", choices=offered(PAUSES))
    calendar_id = SelectField(
        "Business hours", [InputRequired("Choose hours.")], coerce=int, choices=lambda: offered(choices.calendars())
    )
    queues = BoxesField(
        "Queues",
        coerce=int,
        choices=lambda: offered(choices.queues()),
        description="Tick none, and the policy fits every queue.",
    )
    warn_percent = WholeField(
        "Warn when this much of the time is left, in percent",
        [InputRequired("A number, please."), NumberRange(0, 99, "From 0 to 99; 0 never warns.")],
        default=25,
    )

    def words(self, before: SlaPolicyVersion | None) -> editing.Words:
        """What was filled in; conditions of other kinds stay as they were."""
        conditions = dict(before.conditions) if before else {}
        conditions["queue_id"] = self.queues.data or []
        return editing.Words(
            calendar_id=self.calendar_id.data,
            targets={priority: _targets(self[priority].form) for priority in PRIORITIES},
            conditions=conditions,
            pause_categories=self.pauses.data or [],
            warn_percent=self.warn_percent.data,
        )


@blueprint.get("/sla")
def policies() -> str:
    """All policies in the order in which they are tried."""
    later = aliased(SlaPolicyVersion)
    newest = select(func.max(later.number)).where(later.policy_id == SlaPolicyVersion.policy_id).scalar_subquery()
    rows = db.session.execute(
        select(SlaPolicy, SlaPolicyVersion, Calendar.name)
        .join(SlaPolicyVersion, SlaPolicyVersion.policy_id == SlaPolicy.id)
        .join(Calendar, Calendar.id == SlaPolicyVersion.calendar_id)
        .where(SlaPolicyVersion.number == newest)
        .order_by(SlaPolicy.position, SlaPolicy.id)
    ).all()
    return render_template("admin/policies.html", rows=rows, has_hours=bool(choices.calendars()), span=duration)


@blueprint.get("/sla/new")
def new_policy() -> str:
    """A form for another policy."""
    return _new(PolicyForm(formdata=None, pauses=["pending"]))


@blueprint.post("/sla")
def create_policy() -> Response | tuple[str, int]:
    """Make a policy, the last to be tried."""
    form = PolicyForm()
    if form.validate():
        with form.refusals():
            made = editing.create(form.name.data, form.words(None), door.me(), door.now())
            return _saved(made.id, _("Policy made. It is tried after all others; move it up where it should win."))
    return _new(form), 422


@blueprint.get("/sla/<int:policy_id>")
def policy(policy_id: int) -> str:
    """One policy."""
    found = door.find(SlaPolicy, policy_id)
    version = editing.in_force(found.id)
    shown: dict[str, Any] = {
        priority: {metric: _parts(seconds) for metric, seconds in version.targets.get(priority, {}).items()}
        for priority in PRIORITIES
    }
    form = PolicyForm(
        formdata=None,
        name=found.name,
        pauses=version.pause_categories,
        calendar_id=version.calendar_id,
        queues=version.conditions.get("queue_id", []),
        warn_percent=version.warn_percent,
        **shown,
    )
    return _page(found, version, form)


@blueprint.post("/sla/<int:policy_id>")
def change_policy(policy_id: int) -> Response | tuple[str, int]:
    """Let a policy say something else from now on, as a new version."""
    found, form = door.find(SlaPolicy, policy_id), PolicyForm()
    version = editing.in_force(found.id)
    if form.validate():
        with form.refusals():
            editing.rename(found, form.name.data, door.me(), door.now())
            written = editing.change(found, form.words(version), door.me(), door.now())
            return _saved(found.id, _("Saved as version %(number)s.", number=written.number))
    return _page(found, version, form), 422


@blueprint.post("/sla/<int:policy_id>/place")
def move_policy(policy_id: int) -> Response:
    """Try a policy one place earlier or later."""
    found, form = door.find(SlaPolicy, policy_id), choices.MoveForm()
    if not form.validate():
        raise BadRequest
    order = list(db.session.scalars(select(SlaPolicy.id).order_by(SlaPolicy.position, SlaPolicy.id)))
    editing.reorder(choices.moved(order, found.id, form.direction.data), door.me(), door.now())
    db.session.commit()
    return redirect(url_for("admin.policies"))


@blueprint.post("/sla/<int:policy_id>/disabling")
def disable_policy(policy_id: int) -> Response:
    """Pass a policy over from now on."""
    editing.enable(door.find(SlaPolicy, policy_id), False, door.me(), door.now())
    return _saved(policy_id, _("Saved. Running clocks keep what they were promised."))


@blueprint.post("/sla/<int:policy_id>/enabling")
def enable_policy(policy_id: int) -> Response:
    """Try a policy again."""
    editing.enable(door.find(SlaPolicy, policy_id), True, door.me(), door.now())
    return _saved(policy_id, _("Saved."))


def _targets(part: Any) -> dict[Metric, int]:
    """The promised seconds of one priority."""
    found: dict[Metric, int] = {}
    for metric in METRICS:
        target = part[metric].form
        if target.amount.data is not None:
            found[metric] = target.amount.data * UNITS[target.unit.data]
    return found


def _parts(seconds: int) -> dict[str, Any]:
    """Seconds as an amount and a unit that say the same."""
    unit = "hours" if seconds % UNITS["hours"] == 0 else "minutes"
    return {"amount": max(seconds // UNITS[unit], 1), "unit": unit}


def _saved(policy_id: int, said: str) -> Response:
    db.session.commit()
    flash(said)
    return redirect(url_for("admin.policy", policy_id=policy_id))


def _new(form: PolicyForm) -> str:
    return render_template("admin/policy_new.html", form=form, **_words())


def _page(found: SlaPolicy, version: SlaPolicyVersion, form: PolicyForm) -> str:
    promised = cast(dict[str, int], version.targets.get("normal", {}))
    return render_template(
        "admin/policy.html",
        policy=found,
        version=version,
        form=form,
        calendar=db.session.get_one(Calendar, version.calendar_id),
        promised={metric: duration(seconds) for metric, seconds in promised.items()},
        queue_names=[name for number, name in choices.queues() if number in version.conditions.get("queue_id", [])],
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "priorities": [("urgent", _("Urgent")), ("high", _("High")), ("normal", _("Normal")), ("low", _("Low"))],
        "metrics": [
            ("first_response", _("First response")),
            ("next_response", _("Next response")),
            ("resolution", _("Resolution")),
        ],
    }
