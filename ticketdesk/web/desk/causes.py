"""What moved a clock: who did what when, in words, and where it stands in the conversation."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.tickets.status import DONE, Status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web.desk import happenings, views
from ticketdesk.web.desk.door import me
from ticketdesk.web.desk.names import Choice, Names
from ticketdesk.web.texts import _

LETTERS = frozenset({"message_received", "reply_sent"})
"""Events that the conversation shows as their letter."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One event in words; `place` is where the conversation shows it."""

    seq: int
    words: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Causes:
    """The causes on one ticket by the seq of their event, and the names around it."""

    by_seq: Mapping[int, Cause]
    names: Names
    requester: str

    def words(self, seq: int) -> str:
        """What happened; nothing for an event that is not known."""
        return self.by_seq[seq].words if seq in self.by_seq else ""


def of(ticket: Ticket, seqs: Collection[int]) -> Causes:
    """Read them, with the names of all who acted."""
    events = list(db.session.scalars(select(Event).where(Event.ticket_id == ticket.id, Event.seq.in_(seqs))))
    people = {event.actor_id for event in events if event.actor_kind == "contact"} | {ticket.requester_id}
    writers = {
        identity.id: identity.called for identity in db.session.scalars(select(Identity).where(Identity.id.in_(people)))
    }
    names = _names(events)
    found = {event.seq: Cause(event.seq, _tell(event, names, writers), _place(event)) for event in events}
    return Causes(found, names, writers.get(ticket.requester_id, _("the customer")))


def _names(events: list[Event]) -> Names:
    acted = {event.actor_id for event in events if event.actor_kind == "agent"}
    agents = db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(acted)))
    statuses = db.session.execute(select(Status.id, Status.name, Status.category).order_by(Status.position))
    return Names(
        {row.id: row.name for row in agents},
        {queue.id: queue.name for queue in views.queues_of(me())},
        [Choice(row.id, row.name, row.category) for row in statuses],
    )


def _tell(event: Event, names: Names, writers: Mapping[int, str]) -> str:
    """The sentence; where the timeline says "the customer", the name."""
    who = _who(event, names, writers)
    own = {
        "ticket_opened": _("%(who)s opened the ticket", who=who),
        "message_received": _("%(who)s wrote", who=who),
        "reply_sent": _("%(who)s answered", who=who),
        "reply_withdrawn": _("%(who)s took the reply back", who=who),
        "no_reply_needed": _("%(who)s said that no answer is needed", who=who),
        "sla_applied": _("Another policy applies"),
    }
    if event.kind in own:
        return own[event.kind]
    if event.kind not in happenings.KINDS:
        return event.kind.replace("_", " ").capitalize()
    if event.kind == "status_changed" and event.actor_kind == "contact":
        return _reopened(event, who) or happenings.tell(event, names).words
    return happenings.tell(event, names).words


def _reopened(event: Event, who: str) -> str | None:
    return _("%(who)s reopened it", who=who) if event.data.get("from_category") in DONE else None


def _who(event: Event, names: Names, writers: Mapping[int, str]) -> str:
    if event.actor_kind == "agent":
        return names.agent(event.actor_id)
    if event.actor_kind == "contact" and event.actor_id is not None:
        return writers.get(event.actor_id, _("The customer"))
    return _("TicketDesk")


def _place(event: Event) -> str | None:
    """The part of the id of its entry that follows "entry-"."""
    if event.kind in LETTERS and "message_id" in event.data:
        return f"m{event.data['message_id']}"
    return str(event.seq) if event.kind in happenings.KINDS else None
