"""SLA policies in the order in which they are tried: what each says, and which a ticket would get."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web.admin import choices, door, policy_counts, policy_fitting, policy_names, policy_order, policy_words
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.policy_words import Plain
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Row:
    """One policy of the list."""

    policy: SlaPolicy
    version: SlaPolicyVersion
    plain: Plain
    tickets: int
    hidden_by: str | None  # the policy that takes all its tickets before it


@blueprint.get("/sla")
def policies() -> str:
    """All policies in the order in which they are tried."""
    return render_template("admin/policies.html", **_list(), **policy_fitting.question())


@blueprint.get("/sla/fitting")
def fitting_policy() -> str:
    """Which policy a ticket would get, and why none before it."""
    template = "admin/_policy_fitting.html" if request.headers.get("HX-Request") else "admin/policies.html"
    return render_template(template, **_list(), **policy_fitting.question(), **policy_fitting.answer())


@blueprint.post("/sla/<int:policy_id>/place")
def move_policy(policy_id: int) -> Response | str:
    """Try a policy one place earlier or later."""
    found, form = door.find(SlaPolicy, policy_id), choices.MoveForm()
    if not form.validate():
        raise BadRequest
    order = list(db.session.scalars(select(SlaPolicy.id).order_by(SlaPolicy.position, SlaPolicy.id)))
    order = choices.moved(order, found.id, form.direction.data)
    editing.reorder(order, door.me(), door.now())
    db.session.commit()
    place = _("%(name)s is now tried as number %(n)s.", name=found.name, n=order.index(found.id) + 1)
    return _shown_again(place)


@blueprint.post("/sla/<int:policy_id>/disabling")
def disable_policy(policy_id: int) -> Response | str:
    """Pass a policy over from now on."""
    found = editing.enable(door.find(SlaPolicy, policy_id), False, door.me(), door.now())
    db.session.commit()
    return _shown_again(_("%(name)s is passed over. Running clocks keep what they were promised.", name=found.name))


@blueprint.post("/sla/<int:policy_id>/enabling")
def enable_policy(policy_id: int) -> Response | str:
    """Try a policy again."""
    found = editing.enable(door.find(SlaPolicy, policy_id), True, door.me(), door.now())
    db.session.commit()
    return _shown_again(_("%(name)s is tried again.", name=found.name))


def _shown_again(said: str) -> Response | str:
    """The list as it is now; a fragment where a script asked."""
    if request.headers.get("HX-Target") == "policies":
        return render_template("admin/_policies.html", said=said, **_list())
    flash(said)
    return redirect(url_for("admin.policies"))


def _list() -> dict[str, object]:
    called, counts = policy_names.load(), policy_counts.governed()
    found = _in_order()
    in_force = [(policy, version) for policy, version in found if policy.enabled]
    before = policy_order.stands_before([version.conditions for _policy, version in in_force])
    hidden = {
        policy.id: in_force[earlier][0].name
        for (policy, _version), earlier in zip(in_force, before, strict=True)
        if earlier is not None
    }
    rows = [
        Row(
            policy,
            version,
            policy_words.plain(editing.words_of(version), called),
            counts.by_policy.get(policy.id, 0),
            hidden.get(policy.id),
        )
        for policy, version in found
    ]
    return {
        "rows": rows,
        "is_capped": counts.is_capped,
        "catches_all": any(not any(version.conditions.values()) for _policy, version in in_force),
        "has_hours": bool(called.calendars),
    }


def _in_order() -> list[tuple[SlaPolicy, SlaPolicyVersion]]:
    later = aliased(SlaPolicyVersion)
    newest = select(func.max(later.number)).where(later.policy_id == SlaPolicyVersion.policy_id).scalar_subquery()
    rows = db.session.execute(
        select(SlaPolicy, SlaPolicyVersion)
        .join(SlaPolicyVersion, SlaPolicyVersion.policy_id == SlaPolicy.id)
        .where(SlaPolicyVersion.number == newest)
        .order_by(SlaPolicy.position, SlaPolicy.id)
    )
    return [(row[0], row[1]) for row in rows]
