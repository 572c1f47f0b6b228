"""Putting a simulated draft in force: first what would change, then the button."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ticketdesk.calendars import editing as calendars
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.sla import adopting, drafting, editing
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.simulation import SlaSimulation
from ticketdesk.web import auth
from ticketdesk.web.admin import policy_names, times
from ticketdesk.web.formatting import duration
from ticketdesk.web.supervisor import door
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.supervisor.simulation import find, page_of
from ticketdesk.web.supervisor.simulator_forms import DAYS
from ticketdesk.web.texts import _

Change = tuple[str, str, str]
"""What it is, what is said of it now, and what the draft says."""


@blueprint.get("/simulations/<int:simulation_id>/adoption")
def adoption(simulation_id: int) -> str:
    """What would change."""
    auth.require("settings.change")
    return _page(find(simulation_id))


@blueprint.post("/simulations/<int:simulation_id>/adoption")
def adopt_draft(simulation_id: int) -> Response | tuple[str, int]:
    """Write the draft as a new version."""
    auth.require("settings.change")
    found = find(simulation_id)
    try:
        number = adopting.adopt(found, door.me().actor, door.now())
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        return _page(find(simulation_id), str(refusal)), 409
    db.session.commit()
    flash(_("Saved as version %(number)s.", number=number))
    return redirect(url_for("supervisor.simulation", simulation_id=simulation_id), 303)


def _page(found: SlaSimulation, problem: str | None = None) -> str:
    changes = changes_of(found)
    return render_template("supervisor/simulation_adoption.html", **page_of(found), changes=changes, problem=problem)


def changes_of(found: SlaSimulation) -> list[Change]:
    """What the draft says otherwise than what is in force."""
    if found.policy_id is not None:
        return _of_policy(drafting.words_of(editing.in_force(found.policy_id)), found.draft["words"])
    if found.calendar_id is None:
        return []
    return _of_hours(drafting.hours_of(calendars.current(found.calendar_id)), found.draft["hours"])


def _of_policy(now: dict[str, Any], draft: dict[str, Any]) -> list[Change]:
    called = policy_names.load()
    rows: list[Change] = []
    for part, where in (("targets", ""), ("chat_targets", _(" in a chat"))):
        for priority in policy_names.PRIORITIES:
            for metric in METRICS:
                name = f"{policy_names.priority(priority)}: {policy_names.metric(metric).lower()}{where}"
                both = [words[part].get(priority, {}).get(metric) for words in (now, draft)]
                rows.append((name, *[duration(one) if one else _("nothing promised") for one in both]))  # type: ignore[arg-type]
    names = {"queue_id": _("Queues"), "brand_id": _("Brands"), "channel": _("Channels"), "priority": _("Priorities")}
    for condition, name in names.items():
        listed = [
            ", ".join(called.value(condition, one) for one in words["conditions"].get(condition, [])) or _("any")
            for words in (now, draft)
        ]
        rows.append((name, *listed))  # type: ignore[arg-type]
    rows.append((_("The solution waits while"), _pauses(now), _pauses(draft)))
    hours = [called.counting(words["calendar_id"]).name for words in (now, draft)]
    rows.append((_("Business hours"), *hours))  # type: ignore[arg-type]
    return [row for row in rows if row[1] != row[2]]


def _pauses(words: dict[str, Any]) -> str:
    names = {"pending": _("pending"), "on_hold": _("on hold"), "open": _("open")}
    return ", ".join(names.get(one, one) for one in sorted(words["pause_categories"])) or _("never")


def _of_hours(now: dict[str, Any], draft: dict[str, Any]) -> list[Change]:
    names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    rows: list[Change] = [(_("Time zone"), now["timezone"], draft["timezone"])]
    for number, _day in enumerate(DAYS):
        rows.append((names[number], times.line(now["week"][number]), times.line(draft["week"][number])))
    for day in sorted({one["date"] for words in (now, draft) for one in words["exceptions"]}):
        rows.append((day, _on(now["exceptions"], day), _on(draft["exceptions"], day)))
    was, would = ({one["date"]: one for one in words["holidays"]} for words in (now, draft))
    for day, holiday in would.items():
        sides = [_("worked") if one.get("off") else _("closed") for one in (was.get(day, {}), holiday)]
        rows.append((holiday.get("name") or day, sides[0], sides[1]))
    return [row for row in rows if row[1] != row[2]]


def _on(exceptions: list[dict[str, Any]], day: str) -> str:
    return next((times.line(one["open"]) for one in exceptions if one["date"] == day), _("as the week"))
