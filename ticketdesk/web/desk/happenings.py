"""What happened to a ticket, one short sentence per event."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.tickets.timeline import Event
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.sentences import chats, life, messages, surveys, times
from ticketdesk.web.desk.sentences.sentence import Sentence
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Happening:
    """One event in words."""

    seq: int
    at: datetime
    icon: str
    words: str
    returned_to: int | None = None  # whose draft a reply for later has become
    source: int | None = None  # the number of a ticket that was merged into this one
    parted: int | None = None  # that of one which was split off from this one, or from which this one was
    is_source: bool = False  # this one is what the other was split off from


def tell(event: Event, names: Names) -> Happening:
    """The sentence for an event; its kind must be one of KINDS."""
    icon, sentence = _SENTENCES[event.kind]
    words = sentence(event.data, _who(event, names), names)
    source = event.data["source"] if event.kind == "merged_from" else None
    is_source = event.kind == "split_off"
    parted = event.data["part"] if is_source else event.data["source"] if event.kind == "split_from" else None
    returned_to = event.data["agent_id"] if event.kind == "reply_handed_back" else None
    return Happening(event.seq, event.at, icon, words, returned_to, source, parted, is_source)


def _who(event: Event, names: Names) -> str:
    if event.actor_kind == "agent":
        return names.agent(event.actor_id)
    if event.actor_kind == "contact":
        return _("The customer")
    return _("TicketDesk")


_SENTENCES: dict[str, tuple[str, Sentence]] = {
    **life.SENTENCES,
    **messages.SENTENCES,
    **chats.SENTENCES,
    **times.SENTENCES,
    **surveys.SENTENCES,
}

KINDS = frozenset(_SENTENCES)
"""The events that are told; messages speak for themselves."""

MERGES = ("merged_into", "merged_from", "merge_undone", "split_from", "split_off")
"""Those by which tickets become one or two."""

ANEW = frozenset([*MERGES, "reply_withdrawn", "requester_changed"])
"""Those that let letters come or go in between."""
