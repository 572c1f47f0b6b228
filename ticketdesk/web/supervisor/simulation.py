"""One simulation: how far it is, what came of it, and stopping or forgetting it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.sla import simulating
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulation import SlaSimulation
from ticketdesk.web import formatting
from ticketdesk.web.admin import policy_names
from ticketdesk.web.supervisor import door, drawing, simulation_figures
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.texts import _


@blueprint.get("/simulations/<int:simulation_id>")
def simulation(simulation_id: int) -> str:
    """The page: a bar while it runs, then the figures."""
    found, metric = find(simulation_id), asked_metric()
    overall = simulation_figures.overall(found)
    if metric not in overall and overall:
        metric = next(iter(overall))
    shares = [
        (name, share)
        for key, line in overall.items()
        for name, share in ((_short(key, _("was")), line.was), (_short(key, _("draft")), line.would))
        if share is not None
    ]
    return render_template(
        "supervisor/simulation.html",
        **page_of(found),
        overall=overall,
        metric=metric,
        said={key: simulation_figures.said(line, key) for key, line in overall.items()},
        spans=drawing.spans(shares) if shares else None,
        parts={name: simulation_figures.lines(found, metric, name) for name in ("queue", "channel", "priority")},
        targets=simulation_figures.targets(found),
    )


@blueprint.get("/simulations/<int:simulation_id>/progress")
def simulation_progress(simulation_id: int) -> str:
    """What of the page changes while it runs."""
    return render_template("supervisor/_simulation_progress.html", simulation=find(simulation_id))


@blueprint.post("/simulations/<int:simulation_id>/cancelling")
def cancel_simulation(simulation_id: int) -> Response:
    """Stop it."""
    simulating.cancel(find(simulation_id), door.now())
    db.session.commit()
    return redirect(url_for("supervisor.simulation", simulation_id=simulation_id), 303)


@blueprint.post("/simulations/<int:simulation_id>/deletion")
def delete_simulation(simulation_id: int) -> Response:
    """Forget it."""
    simulating.forget(find(simulation_id))
    db.session.commit()
    flash(_("The simulation is deleted."))
    return redirect(url_for("supervisor.simulator"), 303)


def find(simulation_id: int) -> SlaSimulation:
    """A simulation that one may see; raises NotFound."""
    found = db.session.scalar(
        select(SlaSimulation).where(SlaSimulation.id == simulation_id, simulating.asked_by(door.me()))
    )
    if found is None:
        raise NotFound
    return found


def asked_metric() -> str:
    """The metric in the address, or the first."""
    metric = request.args.get("metric", "")
    return metric if metric in METRICS else METRICS[0]


def page_of(found: SlaSimulation) -> dict[str, Any]:
    """What every page about a simulation says of it."""
    policy = db.session.get(SlaPolicy, found.policy_id) if found.policy_id else None
    calendar = db.session.get(Calendar, found.calendar_id) if found.calendar_id else None
    return {
        "simulation": found,
        "policy": policy,
        "calendar": calendar,
        "name": policy.name if policy else calendar.name if calendar else "",
        "asker": db.session.get_one(Agent, found.asked_by),
        "drawing": drawing,
        "metric_name": policy_names.metric,
        "priority_name": policy_names.priority,
        "local": formatting.local,
    }


def _short(metric: str, side: str) -> str:
    names = {"first_response": _("First"), "next_response": _("Next"), "resolution": _("Solved")}
    return f"{names[metric]}: {side}"
