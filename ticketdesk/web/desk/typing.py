"""Typing in a chat: what the desk shows of the visitor, and what it tells them of whoever answers."""

from dataclasses import dataclass

from flask import render_template
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired

from ticketdesk.channels.chat import belonging
from ticketdesk.live import typing
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _


class TypingForm(Form):
    """Whether an answer is being typed."""

    typing = StringField(validators=[InputRequired(), AnyOf(["yes", "no"])])


@dataclass(frozen=True, slots=True)
class Typist:
    """The visitor, typing; `unsent` are their words where both sides were told that they are seen."""

    name: str
    unsent: str | None

    @property
    def words(self) -> str:
        """What they do."""
        return _("%(who)s is writing …", who=self.name)


def at_ticket(ticket: Ticket) -> Typist | None:
    """The visitor of a ticket, while they type."""
    typed = typing.visitor(ticket.id, door.now())
    if typed is None:
        return None
    visitor = belonging.of_ticket(ticket)
    return Typist((visitor.name if visitor is not None else "") or _("The visitor"), typed.words)


@blueprint.get("/tickets/<int:number>/typing")
def typed(number: int) -> str:
    """Whether the visitor is typing."""
    return render_template("desk/_typing.html", typist=at_ticket(door.find(number)))


@blueprint.post("/tickets/<int:number>/typing")
def type_answer(number: int) -> tuple[str, int]:
    """The agent types an answer into the chat, or stopped; the visitor is told no name and no words."""
    form = taken(TypingForm())
    ticket = door.find_for(number, "ticket.reply")
    if form.typing.data == "yes":
        typing.agent_types(ticket.id, ticket.reference, door.me().id, door.now())
    else:
        typing.agent_stopped(ticket.id, ticket.reference, door.me().id, door.now())
    return "", 204
