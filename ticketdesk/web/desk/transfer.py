"""Handing a chat over: to a colleague who hears it ring, or to a queue whose rules choose; with a note."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.routing import transferring
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import colleagues, door, next_ticket, showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _

LONGEST_NOTE = 5000


class TransferForm(Form):
    """To whom, and what they should know."""

    to = RadioField("To whom", [InputRequired("Choose somebody, or a queue.")], validate_choice=True)
    note = TextAreaField("Note for them", [Length(max=LONGEST_NOTE)])
    has = HiddenField()


@blueprint.get("/tickets/<int:number>/transfer")
def transfer_sheet(number: int) -> str:
    """The sheet that asks to whom."""
    ticket = door.find_for(number, "chat.transfer")
    return _sheet(ticket, _form(ticket, TransferForm(formdata=None, has=str(ticket.assignee_id or ""))))


@blueprint.post("/tickets/<int:number>/transfer")
def transfer(number: int) -> Response | tuple[str, int]:
    """Let it ring there."""
    ticket = door.find_for(number, "chat.transfer")
    form = _form(ticket, TransferForm())
    if form.validate():
        with form.refusals():
            return _handed(ticket, form)
    return _sheet(ticket, form), 422


@blueprint.delete("/tickets/<int:number>/transfer")
def take_back(number: int) -> Response:
    """Keep it after all."""
    ticket = door.find_for(number, "chat.transfer")
    taken(EmptyForm())
    ticket = transferring.take_back(ticket, door.me(), door.now())
    db.session.commit()
    return showing.changed(ticket, _("It rings no more, and stays with you"))


def _handed(ticket: Ticket, form: TransferForm) -> Response:
    if form.has.data and form.has.data != str(ticket.assignee_id or ""):
        raise Conflict(_("#%(number)s is somebody else's now.", number=ticket.number))
    kind, _sep, found_id = form.to.data.partition("-")
    me, now, note = door.me(), door.now(), form.note.data or ""
    if kind == "agent":
        agent = db.session.get_one(Agent, int(found_id))
        transferring.to_agent(ticket, agent, me, note, now)
        said = _("It rings for %(who)s. Until they accept, it stays where it is.", who=agent.name)
    else:
        queue = db.session.get_one(Queue, int(found_id))
        transferring.to_queue(ticket, queue, me, note, now)
        said = _("It rings in %(queue)s.", queue=queue.name)
    db.session.commit()
    flash(said)
    return next_ticket.lead(url_for("desk.ticket", number=ticket.number))


def _form(ticket: Ticket, form: TransferForm) -> TransferForm:
    """With everybody who hears chats and works on the queue, and the queues it may go to."""
    queues = visibility.visible_queues(door.me())
    if not allowed(door.me(), "ticket.queue", visibility.level(door.me(), ticket)):
        queues = queues.where(Queue.id == ticket.queue_id)
    form.to.choices = [
        *((f"agent-{agent_id}", words) for agent_id, words in colleagues.there(ticket, door.now())),
        *((f"queue-{queue.id}", _("Queue %(queue)s", queue=queue.name)) for queue in db.session.scalars(queues)),
    ]
    return form


def _sheet(ticket: Ticket, form: TransferForm) -> str:
    template = "desk/_transfer.html" if door.by_htmx() else "desk/transfer.html"
    return render_template(template, ticket=ticket, form=form)
