"""What happened in tickets since somebody looked at them that they should see before they answer (SEMANTICS 6)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, column, func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.timeline import Event

KINDS = (
    "message_received",
    "message_accepted",
    "reply_sent",
    "assigned",
    "released",
    "merged_from",
    "merge_undone",
    "split_off",
)
"""A message of the customer, another public reply, another owner; a merge, its undoing or a split."""


def since(ticket_id: int, seq: int, agent: Agent) -> list[Event]:
    """What came after an event, the agent's own doing left out; the ticket must be locked."""
    events = db.session.scalars(_SINCE, {"ticket_id": ticket_id, "seq": seq})
    return _standing([event for event in events if event.actor != agent.actor and not _is_quiet(event)])


def overtaken(seen: Mapping[int, int], agent: Agent) -> set[int]:
    """Those of several locked tickets (ids, each with the last event that was seen) in which anything came after it.

    A reply of the agent's own counts as well: whoever answers many at once reads none of the conversations.
    """
    events = db.session.scalars(_SINCE_EACH, {"ids": list(seen), "seqs": list(seen.values())})
    new = [
        event for event in events if not _is_quiet(event) and (event.kind == "reply_sent" or event.actor != agent.actor)
    ]
    return {event.ticket_id for event in _standing(new)}


_SINCE = (
    select(Event)
    .where(Event.ticket_id == bindparam("ticket_id"), Event.seq > bindparam("seq"), Event.kind.in_(KINDS))
    .order_by(Event.seq)
)
_SEEN = (
    func.unnest(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("seqs", type_=ARRAY(Integer)))
    .table_valued(column("ticket_id", BigInteger), column("seq", Integer), name="seen")
    .render_derived()
)
_SINCE_EACH = (
    select(Event)
    .join(_SEEN, (_SEEN.c.ticket_id == Event.ticket_id) & (Event.seq > _SEEN.c.seq))
    .where(Event.kind.in_(KINDS))
)


def _is_quiet(event: Event) -> bool:
    """Whether nobody need see it before answering: machines, and what is held."""
    return bool(event.data.get("automatic") or event.data.get("inert") or event.data.get("held"))


def _standing(events: Sequence[Event]) -> list[Event]:
    """Without those of replies that their authors took back before they left."""
    sent = [event.data["message_id"] for event in events if event.kind == "reply_sent"]
    if not sent:
        return list(events)
    back = set(db.session.scalars(select(Message.id).where(Message.id.in_(sent), Message.withdrawn_at.is_not(None))))
    return [event for event in events if event.data.get("message_id") not in back]
