"""What rings for an agent: shown at once in every tab, accepted, or passed on."""

from flask import render_template
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from ticketdesk.core.db import db
from ticketdesk.routing import offering
from ticketdesk.routing.offering import LONGEST_NOTE
from ticketdesk.web.desk import door, next_ticket, ringing
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm, Form, plain


class PassingForm(Form):
    """Why somebody else shall have it; nobody need say."""

    note = StringField("Why", [Length(max=LONGEST_NOTE)], filters=[plain])


@blueprint.get("/chats")
def chats() -> str:
    """My chats, and what rings."""
    return _shown()


@blueprint.post("/offers/<int:offer_id>/acceptance")
def accept_offer(offer_id: int) -> Response:
    """Take it, and open it."""
    taken(EmptyForm())
    ticket = offering.accept(offer_id, door.me(), door.now())
    db.session.commit()
    return next_ticket.lead(f"/desk/tickets/{ticket.number}?in=mine")


@blueprint.post("/offers/<int:offer_id>/passing")
def pass_offer_on(offer_id: int) -> str | Response:
    """Let somebody else have it."""
    note = taken(PassingForm()).note.data or ""
    offering.pass_on(offer_id, door.me(), door.now(), note)
    db.session.commit()
    return _shown() if door.by_htmx() else next_ticket.lead("/desk/")


@blueprint.post("/offers/<int:offer_id>/seen")
def offer_seen(offer_id: int) -> str | Response:
    """I know that it came back to me."""
    taken(EmptyForm())
    offering.seen(offer_id, door.me(), door.now())
    db.session.commit()
    return _shown() if door.by_htmx() else next_ticket.lead("/desk/")


def _shown() -> str:
    return render_template("desk/_chats.html", chats=ringing.of(door.me(), door.now()))
