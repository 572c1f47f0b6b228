"""The escalation steps of a policy on a time line around the due time, and what they would do to a ticket."""

from dataclasses import dataclass, replace

from flask import flash, redirect, render_template, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.sla import editing, steps
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.sla.steps import Step
from ticketdesk.web.admin import door, policy_names, step_form, step_preview, step_words
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.step_form import RemovalForm, StepForm
from ticketdesk.web.admin.step_preview import Example, Shown
from ticketdesk.web.admin.step_words import Called, Plain
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the list, by its place, beginning with 1."""

    place: int
    step: Step
    plain: Plain
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class Line:
    """The steps of one clock: those before its due time, and those from then on."""

    name: str
    due: str | None  # when it would be due, of the example
    before: list[Row]
    after: list[Row]


@blueprint.get("/policies/<int:policy_id>/steps")
def policy_steps(policy_id: int) -> str:
    """All steps, tried on an example."""
    found, version, all_steps = _load(policy_id)
    called, asked = step_words.load(), step_preview.form()
    tried = step_preview.example(version, all_steps, asked, called, door.now()) if all_steps else None
    return render_template(
        "admin/policy_steps.html",
        policy=found,
        version=version,
        lines=_lines(all_steps, called, tried),
        asked=asked,
        example=tried,
        most=steps.MOST_STEPS,
        count=len(all_steps),
    )


@blueprint.get("/policies/<int:policy_id>/steps/new")
def new_policy_step(policy_id: int) -> str:
    """A form for another step."""
    found, version, _all = _load(policy_id)
    return _page(found, version, None, StepForm(formdata=None, roles=["assignee"], based_on=str(version.number)))


@blueprint.post("/policies/<int:policy_id>/steps")
def add_policy_step(policy_id: int) -> Response | tuple[str, int]:
    """Add a step, as a new version of the policy."""
    found, version, all_steps = _lock(policy_id)
    return _take(found, version, None, all_steps)


@blueprint.get("/policies/<int:policy_id>/steps/<int:place>")
def policy_step(policy_id: int, place: int) -> str:
    """One step."""
    found, version, all_steps = _load(policy_id)
    return _page(found, version, place, step_form.of_step(_at(all_steps, place), version))


@blueprint.post("/policies/<int:policy_id>/steps/<int:place>")
def change_policy_step(policy_id: int, place: int) -> Response | tuple[str, int]:
    """Change a step, as a new version of the policy."""
    found, version, all_steps = _lock(policy_id)
    gone = _at(all_steps, place)
    return _take(found, version, place, [step for step in all_steps if step is not gone])


@blueprint.post("/policies/<int:policy_id>/steps/<int:place>/removal")
def remove_policy_step(policy_id: int, place: int) -> Response:
    """Take a step out, as a new version of the policy."""
    found, version, all_steps = _lock(policy_id)
    gone, form = _at(all_steps, place), RemovalForm()
    if not form.validate():
        raise BadRequest
    form.check_version(version)
    return _saved(found, version, [step for step in all_steps if step is not gone])


def _lock(policy_id: int) -> tuple[SlaPolicy, SlaPolicyVersion, list[Step]]:
    """The same as `_load`, and nobody else saves a version before this one is."""
    editing.lock(policy_id)
    return _load(policy_id)


def _load(policy_id: int) -> tuple[SlaPolicy, SlaPolicyVersion, list[Step]]:
    found = door.find(SlaPolicy, policy_id)
    version = editing.in_force(found.id)
    return found, version, steps.in_order(steps.parse(stored) for stored in version.steps)


def _at(all_steps: list[Step], place: int) -> Step:
    if not 1 <= place <= len(all_steps):
        raise NotFound
    return all_steps[place - 1]


def _take(
    found: SlaPolicy, version: SlaPolicyVersion, place: int | None, others: list[Step]
) -> Response | tuple[str, int]:
    form = StepForm()
    form.offer(step_words.load())
    if form.validate():
        with form.refusals():
            form.check_version(version)
            return _saved(found, version, [*others, form.step()])
    return _page(found, version, place, form), 422


def _saved(found: SlaPolicy, version: SlaPolicyVersion, all_steps: list[Step]) -> Response:
    words = replace(editing.words_of(version), steps=[steps.written(step) for step in steps.in_order(all_steps)])
    made = editing.change(found, words, door.me(), door.now())
    db.session.commit()
    flash(_("Saved as version %(number)s. Clocks that run keep the steps they have.", number=made.number))
    return redirect(url_for("admin.policy_steps", policy_id=found.id))


def _page(found: SlaPolicy, version: SlaPolicyVersion, place: int | None, form: StepForm) -> str:
    form.offer(step_words.load())
    return render_template("admin/policy_step.html", policy=found, version=version, place=place, form=form)


def _lines(all_steps: list[Step], called: Called, tried: Example | None) -> list[Line]:
    shown = tried.shown if tried is not None else ()
    rows = [
        Row(place, step, step_words.plain(step, called), shown[place - 1] if shown else None)
        for place, step in enumerate(all_steps, start=1)
    ]
    lines = []
    for metric in METRICS:
        own = [row for row in rows if row.step.metric == metric]
        if own:
            before = [row for row in own if row.step.offset_s < 0]
            due = tried.due.get(metric) if tried is not None else None
            lines.append(Line(policy_names.metric(metric), due, before, own[len(before) :]))
    return lines
