"""Workload: how much agents of each role take at once, and what a ticket of each channel weighs."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, NumberRange

from ticketdesk.accounts import capacities
from ticketdesk.accounts.agent import ROLES
from ticketdesk.accounts.availability import CHANNELS
from ticketdesk.core.db import db
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, WholeField
from ticketdesk.web.texts import _


def _most(label: str) -> WholeField:
    bounds = NumberRange(0, capacities.MOST, f"Between 0 and {capacities.MOST}.")
    return WholeField(label, [InputRequired("A number, please."), bounds])


def _weight(label: str) -> WholeField:
    bounds = NumberRange(1, capacities.HEAVIEST, f"Between 1 and {capacities.HEAVIEST}.")
    return WholeField(label, [InputRequired("A number, please."), bounds])


class WorkloadForm(Form):
    """Numbers for everybody who has none of their own; fields are named after role and channel."""

    agent_email = _most("Agents: mails at once")
    agent_chat = _most("Agents: chats at once")
    supervisor_email = _most("Supervisors: mails at once")
    supervisor_chat = _most("Supervisors: chats at once")
    administrator_email = _most("Administrators: mails at once")
    administrator_chat = _most("Administrators: chats at once")
    weight_email = _weight("A mail weighs")
    weight_chat = _weight("A chat weighs")


@blueprint.get("/workload")
def workload() -> str:
    """The numbers."""
    numbers = {f"{role}_{channel}": most for (role, channel), most in capacities.of_roles().items()}
    weights = {f"weight_{channel}": weight for channel, weight in capacities.weights().items()}
    return _page(WorkloadForm(formdata=None, **numbers, **weights))


@blueprint.post("/workload")
def change_workload() -> Response | tuple[str, int]:
    """Other numbers from now on; what somebody has already stays theirs."""
    form = WorkloadForm()
    if form.validate():
        with form.refusals():
            _keep(form)
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.workload"))
    return _page(form), 422


def _keep(form: WorkloadForm) -> None:
    """Write down what differs, so that the record tells of changes only."""
    present, weights = capacities.of_roles(), capacities.weights()
    for channel in CHANNELS:
        for role in ROLES:
            most = form[f"{role}_{channel}"].data
            if most != present[role, channel]:
                capacities.set_of_role(role, channel, most, door.me(), door.now())
        weight = form[f"weight_{channel}"].data
        if weight != weights[channel]:
            capacities.set_weight(channel, weight, door.me(), door.now())


def _page(form: WorkloadForm) -> str:
    return render_template("admin/workload.html", form=form)
