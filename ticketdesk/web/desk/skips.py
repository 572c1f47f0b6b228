"""Passing on a ticket that was served as the next one: never without a reason, and the next one comes at once."""

from flask import render_template
from sqlalchemy import ColumnElement, ScalarSelect, and_, select
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.routing import next_ticket as verbs
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.next_ticket import LONGEST_NOTE, SKIPS, Skip
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader
from ticketdesk.web.desk import door, next_ticket
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _


class SkipForm(Form):
    """Why somebody else shall have it."""

    reason = RadioField(
        "Why do you pass it on?",
        [InputRequired("Say why you pass it on.")],
        choices=lambda: offered((code, words(code)) for code in SKIPS),
        validate_choice=True,
    )
    note = StringField("In your own words", [Length(max=LONGEST_NOTE)], filters=[plain])


def words(code: str) -> str:
    """A reason as it is chosen and told."""
    return {
        "not_my_subject": _("not my subject"),
        "not_my_language": _("not my language"),
        "knows_them": _("I know whoever asks"),
        "needs_another": _("somebody else has to do this"),
        "no_time": _("no time before it is due"),
        "other": _("something else"),
    }.get(code, code)


def is_served(agent: Reader) -> ColumnElement[bool]:
    """As a condition on Ticket: whether it came to this agent as the next one, and is theirs still."""
    return and_(Ticket.assignee_id == agent.id, _last("kind") == "next", _last("agent_id") == agent.id)


def _last(name: str) -> ScalarSelect[str | int]:
    newest = select(getattr(RoutingDecision, name)).where(RoutingDecision.ticket_id == Ticket.id)
    return newest.order_by(RoutingDecision.id.desc()).limit(1).correlate(Ticket).scalar_subquery()


@blueprint.get("/tickets/<int:number>/skip")
def skip_sheet(number: int) -> str:
    """The sheet that asks why."""
    return _sheet(_mine(number), SkipForm(formdata=None))


@blueprint.post("/tickets/<int:number>/skips")
def skip(number: int) -> Response | tuple[str, int]:
    """Pass it on, and serve the next one."""
    ticket, form = _mine(number), SkipForm()
    if form.validate():
        with form.refusals():
            wanted = Skip(ticket.id, form.reason.data, form.note.data)
            served = verbs.next_for(door.me(), door.now(), wanted)
            db.session.commit()
            return next_ticket.goes_on(served, _("#%(number)s is back in its queue.", number=number))
    return _sheet(ticket, form), 422


def _mine(number: int) -> Ticket:
    """The agent's own ticket; raises Conflict for one that is not theirs any more."""
    ticket = door.find_for(number, "ticket.assign")
    if ticket.assignee_id != door.me().id:
        raise Conflict(_("#%(number)s is not yours.", number=number))
    return ticket


def _sheet(ticket: Ticket, form: SkipForm) -> str:
    template = "desk/_skip.html" if door.by_htmx() else "desk/skip.html"
    return render_template(template, ticket=ticket, form=form, longest=LONGEST_NOTE)
