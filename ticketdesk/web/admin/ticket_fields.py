"""Fields of tickets: which there are, where they are asked, and in which order."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from ticketdesk.channels.form import ticket_fields as asking
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import fields as verbs
from ticketdesk.tickets.field import FieldQueue, TicketField
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door, ticket_field_form
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.ticket_field_form import KINDS, TARGETS, FieldForm, NewFieldForm
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _


@blueprint.get("/ticket-fields")
def ticket_fields() -> str:
    """All of them, in their order."""
    named = func.string_agg(Queue.name, ", ")
    queues = select(named).join(FieldQueue, FieldQueue.queue_id == Queue.id)
    where = queues.where(FieldQueue.field_id == TicketField.id).scalar_subquery()
    order = (TicketField.archived_at.is_not(None), TicketField.position, TicketField.id)
    rows = db.session.execute(select(TicketField, where).order_by(*order)).all()
    return render_template("admin/ticket_fields.html", rows=rows, kinds=dict(KINDS))


@blueprint.get("/ticket-fields/new")
def new_ticket_field() -> str:
    """A form for another."""
    return _new(NewFieldForm(formdata=None))


@blueprint.post("/ticket-fields")
def define_ticket_field() -> Response | tuple[str, int]:
    """Make one."""
    form = NewFieldForm()
    if form.validate():
        with form.refusals():
            new = {"key": form.key.data, "kind": form.kind.data, "refers_to": form.refers_to.data}
            made = verbs.define(form.definition(**new), door.me(), door.now())
            asking.ask(made, form.forms.data or ())
            return _saved()
    return _new(form), 422


@blueprint.get("/ticket-fields/<int:field_id>")
def ticket_field(field_id: int) -> str:
    """One of them."""
    found = door.find(TicketField, field_id)
    return _page(found, ticket_field_form.shown(found))


@blueprint.post("/ticket-fields/<int:field_id>")
def change_ticket_field(field_id: int) -> Response | tuple[str, int]:
    """Call it otherwise, or ask it elsewhere."""
    found = door.find(TicketField, field_id)
    form = ticket_field_form.sent(found)
    if form.validate():
        with form.refusals():
            verbs.change(found, form.definition(), door.me(), door.now())
            asking.ask(found, form.forms.data or ())
            return _saved()
    return _page(door.find(TicketField, field_id), form), 422


@blueprint.post("/ticket-fields/<int:field_id>/archive")
def archive_ticket_field(field_id: int) -> Response | tuple[str, int]:
    """Ask it nowhere any more."""
    return _turned(field_id, verbs.archive)


@blueprint.post("/ticket-fields/<int:field_id>/restoration")
def restore_ticket_field(field_id: int) -> Response | tuple[str, int]:
    """Ask it again."""
    return _turned(field_id, verbs.restore)


@blueprint.post("/ticket-fields/<int:field_id>/place")
def move_ticket_field(field_id: int) -> Response:
    """One place up or down."""
    found, form = door.find(TicketField, field_id), choices.MoveForm()
    if not form.validate():
        raise Invalid(_("Up or down."))
    verbs.move(found, -1 if form.direction.data == "up" else 1, door.me(), door.now())
    db.session.commit()
    return redirect(url_for("admin.ticket_fields"), 303)


def _turned(field_id: int, change: Callable[[TicketField, Actor, datetime], None]) -> Response | tuple[str, int]:
    found, form = door.find(TicketField, field_id), EmptyForm()
    if form.validate():
        with form.refusals():
            change(found, door.me(), door.now())
            return _saved()
    found = door.find(TicketField, field_id)
    shown = ticket_field_form.shown(found)
    shown.form_errors = form.form_errors
    return _page(found, shown), 422


def _saved() -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.ticket_fields"), 303)


def _new(form: NewFieldForm) -> str:
    return render_template("admin/ticket_field_new.html", form=form)


def _page(found: TicketField, form: FieldForm) -> str:
    return render_template(
        "admin/ticket_field.html", field_row=found, form=form, kinds=dict(KINDS), targets=dict(TARGETS)
    )
