"""How a queue hands out its work: strategy, skills, teams by the hour, and who would get the next ticket."""

from dataclasses import replace

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ticketdesk.accounts import capacities, skills
from ticketdesk.core.db import db
from ticketdesk.routing import setting_up
from ticketdesk.tickets import queues
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import door, queue_setup, routing_form, routing_preview
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.routing_form import RoutingForm
from ticketdesk.web.forms import has_nul
from ticketdesk.web.texts import _


@blueprint.get("/queues/<int:queue_id>/routing")
def routing(queue_id: int) -> str:
    """The page."""
    found = door.find(Queue, queue_id)
    return _page(found, routing_form.of(setting_up.room_of(found), found.strategy))


@blueprint.post("/queues/<int:queue_id>/routing")
def change_routing(queue_id: int) -> Response | tuple[str, int]:
    """Hand out work in another way from now on."""
    found, form = door.find(Queue, queue_id), RoutingForm()
    if form.validate():
        with form.refusals():
            queues.lock(found.id)  # what else is set up stays as it is at this moment
            setup = replace(queue_setup.of(found), strategy=form.strategy.data)
            queues.change(found, setup, door.me(), door.now())
            setting_up.change(found, form.room, door.me(), door.now())
            db.session.commit()
            flash(_("Saved. It holds for the next ticket on."))
            return redirect(url_for("admin.routing", queue_id=queue_id))
    return _page(door.find(Queue, queue_id), form), 422


@blueprint.post("/queues/<int:queue_id>/routing/preview")
def preview_routing(queue_id: int) -> str:
    """Who would get the next ticket if the form were saved now; saves nothing."""
    if has_nul():
        abort(422)
    found, form = door.find(Queue, queue_id), RoutingForm()
    preview = routing_preview.of(found, form.strategy.data, form.room, door.now()) if form.validate() else None
    return render_template("admin/_routing_preview.html", preview=preview)


def _page(found: Queue, form: RoutingForm) -> str:
    saved = setting_up.room_of(found)
    is_fit = not form.errors
    strategy, room = (form.strategy.data, form.room) if is_fit else (found.strategy, saved)
    return render_template(
        "admin/routing.html",
        queue=found,
        form=form,
        has_skills=bool(skills.everything()),
        weights=capacities.weights(),
        preview=routing_preview.of(found, strategy, room, door.now()),
    )
