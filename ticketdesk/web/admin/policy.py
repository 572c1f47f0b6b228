"""One SLA policy: made, changed as a new version, and put into plain words while one types."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.editing import Words
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web.admin import door, policy_counts, policy_differences, policy_form, policy_names, policy_words
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.policy_form import PolicyForm
from ticketdesk.web.admin.policy_names import PRIORITIES, Called
from ticketdesk.web.forms import has_nul
from ticketdesk.web.texts import _


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
    called = policy_names.load()
    form = policy_form.offer_what_is_set(policy_form.filled(found, version), version, called)
    return _page(found, version, form, called)


@blueprint.post("/sla/<int:policy_id>")
def change_policy(policy_id: int) -> Response | tuple[str, int]:
    """Let a policy say something else from now on, as a new version."""
    found = door.find(SlaPolicy, policy_id)
    editing.lock(found.id)  # so that what the form was filled in from is still the newest when it is saved
    version = editing.in_force(found.id)
    called = policy_names.load()
    form = policy_form.offer_what_is_set(PolicyForm(), version, called)
    if form.validate():
        with form.refusals():
            form.check_base(version)
            return _change(found, version, form, called)
    return _page(door.find(SlaPolicy, policy_id), editing.in_force(policy_id), form, called), 422


@blueprint.post("/sla/preview")
def preview_policy() -> str:
    """What a policy that is being written would say; saves nothing."""
    if has_nul():
        abort(422)
    return render_template(
        "admin/_policy_plain.html", plain=policy_words.plain(PolicyForm().words(None), policy_names.load())
    )


def _change(found: SlaPolicy, version: SlaPolicyVersion, form: PolicyForm, called: Called) -> Response:
    words = form.words(version)
    renamed = found.name != form.name.data
    editing.rename(found, form.name.data, door.me(), door.now())
    if not policy_differences.between(editing.words_of(version), words, called):
        return _saved(found.id, _("Saved.") if renamed else _("Nothing was different, so nothing was saved."))
    written = editing.change(found, words, door.me(), door.now())
    return _saved(found.id, _("Saved as version %(number)s.", number=written.number))


def _saved(policy_id: int, said: str) -> Response:
    db.session.commit()
    flash(said)
    return redirect(url_for("admin.policy", policy_id=policy_id))


def _new(form: PolicyForm) -> str:
    called = policy_names.load()
    words = form.words(None)
    return render_template("admin/policy_new.html", form=form, plain=policy_words.plain(words, called), **_rows())


def _page(found: SlaPolicy, version: SlaPolicyVersion, form: PolicyForm, called: Called) -> str:
    counts = policy_counts.governed()
    return render_template(
        "admin/policy.html",
        policy=found,
        version=version,
        form=form,
        plain=policy_words.plain(_shown(form, version), called),
        tickets=counts.by_policy.get(found.id, 0),
        on_older=counts.by_policy.get(found.id, 0) - counts.by_version.get(version.id, 0),
        is_capped=counts.is_capped,
        **_rows(),
    )


def _shown(form: PolicyForm, version: SlaPolicyVersion) -> Words:
    """What the form beside the plain words says: the version itself, or what was typed and not taken."""
    return form.words(version) if form.is_submitted() else editing.words_of(version)


def _rows() -> dict[str, Any]:
    """The names of rows and columns of a table of targets."""
    return {
        "priorities": [(name, policy_names.priority(name)) for name in PRIORITIES],
        "metrics": [(name, policy_names.metric(name)) for name in METRICS],
    }
