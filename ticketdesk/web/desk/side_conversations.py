"""Asking people outside beside a ticket: beginning, reading, writing on, and being done with it."""

from flask import render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.permissions import allowed
from ticketdesk.channels import side_delivery
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound, Refused
from ticketdesk.tickets import side_talking, side_withdrawing, visibility
from ticketdesk.tickets.side_conversation import SideConversation
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import beside, door, side_form, side_showing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import WantedForm, taken
from ticketdesk.web.desk.side_form import BeginForm, Box, WriteForm
from ticketdesk.web.forms import EmptyForm


@blueprint.get("/tickets/<int:number>/side-conversations/new")
def new_side_conversation(number: int) -> Response:
    """Whom to ask, and what."""
    ticket = door.find_for(number, "ticket.ask_outside")
    return side_showing.asking(ticket, Box([]))


@blueprint.post("/tickets/<int:number>/side-conversations")
def begin_side_conversation(number: int) -> Response:
    """Ask."""
    ticket, form = door.find_for(number, "ticket.ask_outside"), BeginForm()
    try:
        quoted = side_form.quotable(ticket, form.quote.data) if form.quote.data else []
        draft = side_form.draft_of(taken(form), door.me(), door.now(), quoted)
        message = side_talking.begin(ticket, door.me(), form.subject.data or "", draft, door.now())
    except (Invalid, Conflict) as refusal:
        return side_showing.asking(ticket, _refused(side_form.box_of(form), refusal), 422)
    db.session.commit()
    return side_showing.went_to(ticket, _side(ticket, message.side_id), 201)


@blueprint.get("/tickets/<int:number>/side-conversations/<int:side_id>")
def side_conversation(number: int, side_id: int) -> Response:
    """One of them, in the pane of the conversation."""
    ticket = door.find(number)
    return side_showing.talk(ticket, _side(ticket, side_id))


@blueprint.get("/tickets/<int:number>/side-conversations/<int:side_id>/news")
def side_news(number: int, side_id: int) -> str:
    """What was said by now, for a page that shows it."""
    ticket = door.find(number)
    talk = beside.read(_side(ticket, side_id), door.me(), door.now())
    may_ask = allowed(door.me(), "ticket.ask_outside", visibility.level(door.me(), ticket))
    shown = {"ticket": ticket, "talk": talk, "sides": beside.of(ticket), "may_ask": may_ask}
    return render_template("desk/_side_news.html", **shown, is_news=True)


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/messages")
def write_beside(number: int, side_id: int) -> Response:
    """Write on."""
    ticket, form = door.find_for(number, "ticket.ask_outside"), WriteForm()
    side = _side(ticket, side_id)
    try:
        draft = side_form.draft_of(taken(form), door.me(), door.now())
        side_talking.write(side.id, door.me(), draft, door.now())
    except (Invalid, Conflict) as refusal:
        people = beside.read(side, door.me(), door.now()).people
        return side_showing.talk(ticket, side, _refused(side_form.box_of(form, people), refusal), 422)
    db.session.commit()
    return side_showing.went_to(ticket, side, 201)


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/messages/<int:message_id>/withdrawal")
def withdraw_beside(number: int, side_id: int, message_id: int) -> Response:
    """Take it back before it leaves: its words stand in the composer again."""
    ticket = door.find_for(number, "ticket.ask_outside")
    taken(EmptyForm())
    side = _side(ticket, side_id)
    to = side_talking.message_of(side, message_id).recipients
    words = side_withdrawing.withdraw(side.id, message_id, door.me(), door.now())
    db.session.commit()
    return side_showing.talk(ticket, side, Box([(address, name, True) for address, name in to], words, is_sent=True))


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/messages/<int:message_id>/acceptance")
def accept_beside(number: int, side_id: int, message_id: int) -> Response:
    """Let the sender of a held message take part in it."""
    ticket = door.find_for(number, "ticket.ask_outside")
    taken(EmptyForm())
    side = _side(ticket, side_id)
    side_talking.accept(side.id, message_id, door.me().actor, door.now())
    db.session.commit()
    return side_showing.went_to(ticket, side)


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/messages/<int:message_id>/refusal")
def refuse_beside(number: int, side_id: int, message_id: int) -> Response:
    """Show no more of what the sender of a held message wrote."""
    ticket = door.find_for(number, "ticket.ask_outside")
    taken(EmptyForm())
    side = _side(ticket, side_id)
    side_talking.refuse(side.id, message_id, door.me().actor, door.now())
    db.session.commit()
    return side_showing.went_to(ticket, side)


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/completion")
def finish_side_conversation(number: int, side_id: int) -> Response:
    """No more is needed of it, or it goes on after all."""
    ticket = door.find_for(number, "ticket.ask_outside")
    side = _side(ticket, side_id)
    change = side_talking.finish if taken(WantedForm()).wanted.data == "yes" else side_talking.reopen
    change(side.id, door.me().actor, door.now())
    db.session.commit()
    return side_showing.went_to(ticket, side)


@blueprint.post("/tickets/<int:number>/side-conversations/<int:side_id>/deliveries/<int:row_id>/attempts")
def send_beside_again(number: int, side_id: int, row_id: int) -> Response:
    """Send it again to one recipient."""
    ticket = door.find_for(number, "ticket.ask_outside")
    taken(EmptyForm())
    side = _side(ticket, side_id)
    side_delivery.repeat(side.id, row_id, door.me().actor, door.now())
    db.session.commit()
    return side_showing.went_to(ticket, side)


def _side(ticket: Ticket, side_id: int) -> SideConversation:
    """One that stands beside this ticket; raises NotFound."""
    own = select(SideConversation).where(SideConversation.id == side_id, SideConversation.ticket_id == ticket.id)
    found = db.session.scalar(own.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such side conversation.")
    return found


def _refused(box: Box, refusal: Refused) -> Box:
    """Nothing of it is kept but what was typed, shown with the reason."""
    db.session.rollback()
    box.error = str(refusal)
    return box
