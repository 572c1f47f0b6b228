"""A customer looks at a ticket: which one, as whom, and by which way they came."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import abort, flash, redirect, url_for
from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.contacts import entering
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import sight, tracking
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web.portal import door
from ticketdesk.web.portal.progress import Doings
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody came: by a link for one ticket, or signed in; all doors of the ticket are reached the same way."""

    name: Literal["ticket", "my_ticket"]
    key: dict[str, Any]

    def to(self, what: str = "", **more: Any) -> str:
        """The address of the page, or of one of its actions."""
        return url_for(f"portal.{self.name}_{what}" if what else f"portal.{self.name}", **self.key, **more)


@dataclass(frozen=True, slots=True)
class Looking:
    """A ticket, whom it is shown to, and how they came."""

    ticket: Ticket
    participant: Participant
    identity: Identity
    way: Way
    is_shown: bool = False  # by a link that proves nothing of who they are

    @property
    def may_solve(self) -> bool:
        """Whoever sees the whole conversation may say that it is done, and that it is not."""
        return self.participant.sees_since is None


def by_link(token: str) -> Looking:
    """What a link opens; raises NotFound, whatever is wrong with it.

    Whoever has no more than the link that a form showed them proves their address when the ticket was merged.
    """
    found = tracking.followed(token)
    if found is None:
        if tracking.is_outgrown(token):
            flash(_("Your request was joined with another one. Sign in with a code that we mail you to see both."))
            abort(redirect(url_for("portal.sign_in"), 303))
        raise NotFound
    return _looking(found.ticket, found.participant, Way("ticket", {"token": token}), is_shown=found.is_shown)


def by_session(identity: Identity, number: int) -> Looking:
    """A ticket of somebody who is signed in; raises NotFound for one they take no part in."""
    ids = entering.identities_of(identity)
    row = db.session.execute(
        select(Ticket, Participant)
        .join(Participant, Participant.ticket_id == Ticket.id)
        .where(
            Ticket.number == number,
            Ticket.spam_at.is_(None),
            Ticket.trashed_at.is_(None),
            Participant.identity_id.in_(ids),
            Participant.state == "active",
        )
        # Of several parts in one ticket, the one that sees most of it.
        .order_by(Participant.sees_since.asc().nulls_first(), Participant.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    ticket, participant = row
    if ticket.merged_into_id is not None:
        return _survivor(ticket, ids)
    return _looking(ticket, participant, Way("my_ticket", {"number": number}))


def doings(looking: Looking) -> Doings:
    """What our side did so far, as far as a customer may know of it."""
    ticket = looking.ticket
    rows = db.session.execute(
        select(Event.kind, func.max(Event.at))
        .where(Event.ticket_id == ticket.id, Event.kind.in_(("assigned", "status_changed")))
        .group_by(Event.kind)
    )
    last = {row[0]: row[1] for row in rows}
    agent = db.session.get(Agent, ticket.assignee_id) if ticket.assignee_id is not None else None
    answered_by, answered_at = db.session.execute(
        select(Agent.name, Message.written_at)
        .join(Message, Message.agent_id == Agent.id)
        .join(Placement, Placement.message_id == Message.id)
        .where(sight.may_read(looking.participant), Message.direction == "out")
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none() or ("", None)
    by_agent = db.session.scalar(
        select(Event.data["by_agent"].astext == "true").where(Event.ticket_id == ticket.id, Event.seq == 1)
    )
    return Doings(
        agent=_first(agent.name) if agent is not None else "",
        assigned_at=last.get("assigned"),
        answered_by=_first(answered_by),
        answered_at=answered_at,
        is_leaving=bool(sight.leaving([ticket.id])),
        moved_at=last.get("status_changed"),
        by_agent=bool(by_agent),
    )


def _survivor(ticket: Ticket, ids: list[int]) -> Looking:
    """What a ticket was merged into, if one of these identities takes part there."""
    survivor = tracking.survivor(ticket.id)
    for identity_id in ids:
        participant = sight.participant_of(survivor, identity_id) if survivor is not None else None
        if survivor is not None and participant is not None:
            return _looking(survivor, participant, Way("my_ticket", {"number": survivor.number}))
    raise NotFound


def _looking(ticket: Ticket, participant: Participant, way: Way, *, is_shown: bool = False) -> Looking:
    door.speak_for(db.session.get_one(Brand, ticket.brand_id))
    identity = db.session.get_one(Identity, participant.identity_id)
    return Looking(ticket, participant, identity, way, is_shown)


def _first(name: str) -> str:
    """The name by which one is called."""
    return name.split()[0] if name.split() else ""
