"""Saved views: all that one has, and making, changing, copying, moving and deleting one."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import RadioField

from ticketdesk.accounts.team import Team
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotAllowed, NotFound
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.tickets import saved_view_conditions, visibility
from ticketdesk.tickets import saved_views as verbs
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.saved_view_conditions import Asker
from ticketdesk.web.desk import door, listing, view_counts, view_form, view_gone, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.desk.listing import Row
from ticketdesk.web.desk.view_form import BLANK, ViewForm
from ticketdesk.web.forms import EmptyForm, Form, has_nul, offered
from ticketdesk.web.texts import _

SHOWN = 5
"""Rows of a preview."""


class PlaceForm(Form):
    """One place up or down."""

    to = RadioField("To", choices=offered([("up", "up"), ("down", "down")]))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a view would show just now."""

    count: str | None  # None: it takes too long
    rows: list[Row]
    left_out: int  # conditions that are not filled in yet


@blueprint.get("/views")
def saved_views() -> str:
    """All that one has."""
    rail = _rail()
    teams = {row.id: row.name for row in db.session.execute(select(Team.id, Team.name))} if rail.shared else {}
    return render_template("desk/views.html", rail=rail, teams=teams, view=views.nowhere())


@blueprint.get("/views/new")
def new_view() -> str:
    """A form for another one."""
    return _page(None, ViewForm(formdata=None, conditions=[dict(BLANK)]).offer(door.me()))


@blueprint.post("/views")
def save_view() -> Response | str | tuple[str, int]:
    """Make one."""
    form = _form()
    if form.rearranged():
        return _page(None, form.offer(door.me()))
    if form.offer(door.me()).validate():
        with form.refusals():
            return _saved(verbs.create(form.setup, door.me(), door.now()))
    return _page(None, form), 422


@blueprint.get("/views/<int:view_id>/setup")
def view_setup(view_id: int) -> str:
    """One of them, to be changed."""
    found = _changeable(view_id)
    return _page(found, ViewForm(formdata=None, **view_form.filled(verbs.setup_of(found))).offer(door.me()))


@blueprint.post("/views/<int:view_id>/setup")
def change_view(view_id: int) -> Response | str | tuple[str, int]:
    """Let it be something else."""
    found, form = _changeable(view_id), _form()
    if form.rearranged():
        return _page(found, form.offer(door.me()))
    if form.offer(door.me()).validate():
        with form.refusals():
            return _saved(verbs.change(found, form.setup, door.me(), door.now()))
    return _page(_changeable(view_id), form), 422


@blueprint.post("/views/new/preview")
def preview_view() -> str:
    """What it would show, while it is put together, and the conditions anew when these were changed; saves nothing."""
    form = _form()
    is_rearranged = form.rearranged()
    form.offer(door.me())
    template = "desk/_view_conditions.html" if is_rearranged else "desk/_view_preview.html"
    return render_template(template, form=form, preview=_preview(form), is_news=is_rearranged)


@blueprint.post("/views/<int:view_id>/copies")
def copy_view(view_id: int) -> Response:
    """Make one's own of it."""
    taken(EmptyForm())
    found = _find(view_id)
    made = verbs.copy(found, _("Copy of %(name)s", name=found.name), door.me(), door.now())
    db.session.commit()
    flash(_("This copy is yours alone."))
    return redirect(url_for("desk.view_setup", view_id=made.id), 303)


@blueprint.post("/views/<int:view_id>/place")
def place_view(view_id: int) -> Response:
    """Move it up or down."""
    form = taken(PlaceForm())
    verbs.move(_changeable(view_id), door.me(), -1 if form.to.data == "up" else 1, door.now())
    db.session.commit()
    return redirect(url_for("desk.saved_views", _anchor=f"view-{view_id}"), 303)


@blueprint.get("/views/<int:view_id>/deletion")
def view_deletion(view_id: int) -> str:
    """Whether it shall really go."""
    found = _changeable(view_id)
    return render_template("desk/view_deletion.html", saved=found, rail=_rail(), view=views.nowhere())


@blueprint.post("/views/<int:view_id>/deletion")
def delete_view(view_id: int) -> Response:
    """Let it go."""
    taken(EmptyForm())
    verbs.delete(_changeable(view_id), door.me(), door.now())
    db.session.commit()
    flash(_("The view is deleted. Its tickets are where they were."))
    return redirect(url_for("desk.saved_views"), 303)


def _find(view_id: int) -> SavedView:
    """A view that the agent has; raises NotFound."""
    found = db.session.scalar(verbs.seen_by(visibility.reader(door.me())).where(SavedView.id == view_id))
    if found is None:
        raise NotFound("There is no such view, or none that you can see.")
    return found


def _changeable(view_id: int) -> SavedView:
    """One that the agent may change; raises NotFound, or NotAllowed for one that others share."""
    found = _find(view_id)
    if not verbs.may_change(door.me(), found):
        raise NotAllowed(_("Those who answer for a team share this view. You can copy it and change the copy."))
    return found


def _form() -> ViewForm:
    if has_nul():
        abort(422)
    return ViewForm()


def _saved(view: SavedView) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("desk.view", name=f"{views.SAVED}{view.id}"), 303)


def _rail() -> views.Rail:
    return views.rail(door.me(), views.queues_of(door.me()))


def _page(saved: SavedView | None, form: ViewForm) -> str:
    return render_template(
        "desk/view_setup.html",
        saved=saved,
        form=form,
        preview=_preview(form),
        remarks=view_gone.remarks(verbs.wanted(saved).conditions) if saved is not None else [],
        may_share=len(form.shown_to.choices) > 1,
        rail=_rail(),
        view=views.nowhere(),
    )


def _preview(form: ViewForm) -> Preview:
    """The first tickets, in the order that is chosen, among those that whoever builds it may see."""
    wanted, left_out = form.wanted
    me, now = door.me(), door.now()
    asker = Asker(visibility.reader(me), now)
    order = form.sort.data if form.sort.data in listing.ORDERS else "due"
    try:
        with bounded(view_counts.PATIENCE_MS):
            count = saved_view_conditions.count({0: wanted}, asker, view_counts.MOST)[0]
            found = listing.page(saved_view_conditions.tickets(wanted, asker), me, now, order=order, size=SHOWN)
    except TooSlow:
        return Preview(None, [], left_out)
    return Preview(views.capped(count), found.rows, left_out)
