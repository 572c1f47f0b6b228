"""A ticket that an agent opens, with a first mail to the customer or a note."""

import secrets
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from ticketdesk.channels import mailbox
from ticketdesk.channels.email import addresses
from ticketdesk.contacts import resolving
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import fields, filling, noting, opening, replying, visibility
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import PRIORITIES
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import labels
from ticketdesk.web.desk import door, new_fields, uploads, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.new_fields import Form
from ticketdesk.web.texts import _


@blueprint.get("/new")
def new_ticket() -> str:
    """The form."""
    return _page(_form(formdata=None, priority="normal", client_key=secrets.token_urlsafe(16)))


@blueprint.post("/tickets")
def open_ticket() -> Response | tuple[str, int]:
    """Open it and go there."""
    door.check("ticket.open")
    form = _form()
    if form.validate() and form.is_filled():
        with form.refusals():
            ticket = _opened_before(form.client_key.data) or _open(form)
            db.session.commit()
            return redirect(url_for("desk.ticket", number=ticket.number), 303)
    return _page(form), 422


def _opened_before(client_key: str) -> Ticket | None:
    """The ticket that the same form opened when it was sent the first time."""
    return db.session.scalar(
        visibility.visible_tickets(door.me())
        .join(Placement, Placement.ticket_id == Ticket.id)
        .join(Message, Message.id == Placement.message_id)
        .where(Message.client_key == client_key, Message.agent_id == door.me().id)
    )


def _open(form: Form) -> Ticket:
    address = addresses.normalise(form.address.data)
    if not addresses.is_address(address):
        raise Invalid(_("This is no mail address."), "address")
    if mailbox.find(address) is not None:
        raise Invalid(_("This is our own mailbox."), "address")
    queue = db.session.scalars(visibility.visible_queues(door.me()).where(Queue.id == form.queue.data)).one()
    actor, at = door.me().actor, door.now()
    ticket = opening.open_ticket(
        queue_id=queue.id,
        requester=resolving.resolve("email", address, form.name.data, at),
        subject=form.subject.data,
        channel="email",
        by=actor,
        at=at,
        priority=form.priority.data,
    )
    filling.set_fields(ticket, form.given(), actor, at, door.me())
    files, key = uploads.files(form.files.data), form.client_key.data
    if form.kind.data == "note":
        noting.note(ticket, door.me(), form.text.data, at=at, files=files, client_key=key)
    else:
        to = [(address, form.name.data)]
        replying.reply(ticket, door.me(), form.text.data, to=to, at=at, files=files, client_key=key)
    return ticket


def _form(**given: Any) -> Form:
    queues = views.queues_of(door.me())
    form: Form = new_fields.class_of(fields.asked_in_any([queue.id for queue in queues]))(**given)
    form.queue.choices = [SelectChoice(queue.id, queue.name) for queue in queues]
    form.priority.choices = [SelectChoice(name, labels.priority(name)) for name in PRIORITIES]
    return form


def _page(form: Form) -> str:
    rail = views.rail(door.me(), views.queues_of(door.me()))
    return render_template("desk/new.html", form=form, rail=rail, view=views.nowhere())
