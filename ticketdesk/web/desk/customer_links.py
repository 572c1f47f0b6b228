"""The customers' own links to a ticket: to be handed on, or to be ended when one got into wrong hands."""

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from sqlalchemy import and_, select
from werkzeug.wrappers import Response

from ticketdesk.contacts.contact import Identity
from ticketdesk.core import audit, links
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import tracking
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.tracking import TicketLink
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody who takes part, and the address of their page if they have one."""

    identity_id: int
    shown: str
    address: str | None


@blueprint.get("/tickets/<int:number>/customer-links")
def customer_links(number: int) -> str:
    """Who has a link, and which."""
    return _shown(door.find_for(number, "ticket.reply"))


@blueprint.post("/tickets/<int:number>/customer-links/<int:identity_id>")
def make_customer_link(number: int, identity_id: int) -> Response | str:
    """Make a link for somebody who takes part; the one they have stays."""
    ticket = door.find_for(number, "ticket.reply")
    taken(EmptyForm())
    tracking.link_for(ticket.id, _participant(ticket, identity_id), door.now())
    db.session.commit()
    return _after(ticket)


@blueprint.post("/tickets/<int:number>/customer-links/<int:identity_id>/revocation")
def revoke_customer_link(number: int, identity_id: int) -> Response | str:
    """End a link; the next mail that is sent brings a new one."""
    ticket = door.find_for(number, "ticket.reply")
    taken(EmptyForm())
    if tracking.revoke(ticket.id, _participant(ticket, identity_id), door.now()):
        audit.note(
            "customer_link_revoked", "ticket", ticket.id, door.me().actor, door.now(), {"identity_id": identity_id}
        )
    db.session.commit()
    return _after(ticket)


def _participant(ticket: Ticket, identity_id: int) -> int:
    """The identity, if it takes part; raises NotFound."""
    found = db.session.scalar(
        select(Participant.identity_id).where(
            Participant.ticket_id == ticket.id,
            Participant.identity_id == identity_id,
            Participant.state == "active",
        )
    )
    if found is None:
        raise NotFound("Nobody of that kind takes part.")
    return found


def _after(ticket: Ticket) -> Response | str:
    return _shown(ticket) if door.by_htmx() else redirect(url_for("desk.customer_links", number=ticket.number), 303)


def _shown(ticket: Ticket) -> str:
    rows = db.session.execute(
        select(Identity, TicketLink.id)
        .join(Participant, Participant.identity_id == Identity.id)
        .outerjoin(
            TicketLink,
            and_(
                TicketLink.ticket_id == Participant.ticket_id,
                TicketLink.identity_id == Identity.id,
                TicketLink.revoked_at.is_(None),
            ),
        )
        .where(Participant.ticket_id == ticket.id, Participant.state == "active")
        .order_by(Participant.id)
    )
    held = [
        Held(
            identity.id,
            identity.called,
            tracking.address(links.signed(tracking.PURPOSE, link_id)) if link_id is not None else None,
        )
        for identity, link_id in rows
    ]
    template = "desk/_customer_links.html" if door.by_htmx() else "desk/customer_links.html"
    return render_template(template, ticket=ticket, held=held)
