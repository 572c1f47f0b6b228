"""Putting a draft that was simulated in force, as the next version of what it began from."""

from dataclasses import replace
from datetime import datetime

from ticketdesk.calendars import editing as calendars
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulation import SlaSimulation


def adopt(simulation: SlaSimulation, by: Actor, at: datetime) -> int:
    """Write the draft as a new version, for tickets from now on; returns its number.

    Raises Conflict when it is not finished, was adopted before, or began from a version that is no longer the
    newest: then what was simulated is not what would be saved.
    """
    simulation = db.session.get_one(SlaSimulation, simulation.id, with_for_update=True, populate_existing=True)
    if simulation.state != "done":
        raise Conflict("Only a finished simulation can be adopted.")
    if simulation.adopted_version is not None:
        raise Conflict("This draft was put in force before.")
    # Held before its newest version is asked for: of two drafts that began from one version only one is adopted.
    if simulation.policy_id is not None:
        policy = db.session.get_one(SlaPolicy, simulation.policy_id, with_for_update=True, populate_existing=True)
        number = _policy(simulation, policy, by, at)
    else:
        calendar = db.session.get_one(Calendar, simulation.calendar_id)
        calendars.lock(calendar.id)
        number = _calendar(simulation, calendar, by, at)
    simulation.adopted_version = number
    return number


def _policy(simulation: SlaSimulation, policy: SlaPolicy, by: Actor, at: datetime) -> int:
    version = editing.in_force(policy.id)
    _same(simulation, version.number)
    return editing.change(policy, replace(editing.words_of(version), **simulation.draft["words"]), by, at).number


def _calendar(simulation: SlaSimulation, calendar: Calendar, by: Actor, at: datetime) -> int:
    _same(simulation, calendars.current(calendar.id).number)
    hours = simulation.draft["hours"]
    changed = calendars.change(
        calendar,
        hours["timezone"],
        hours["week"],
        by,
        at,
        exceptions=hours["exceptions"],
        holidays=hours["holidays"],
    )
    return changed.number


def _same(simulation: SlaSimulation, number: int) -> None:
    if number != simulation.base_version:
        raise Conflict(
            f"Version {number} was saved since; the draft began from version {simulation.base_version}. Simulate again."
        )
