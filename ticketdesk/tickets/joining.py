"""Whether a new ticket is about the same matter as an open one of the same people (SEMANTICS 1, step 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import aliased

from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

WITHIN = timedelta(hours=72)
MOST = 10
"""Candidates that are looked at, the newest first."""
READ = 2_000
"""Letters of each text that are compared."""
SIMILAR = 0.5
"""The share of words that two texts must have in common."""
FEWEST_WORDS = 4
PREFIXES = ("re", "aw", "antw", "sv", "vs", "odp", "rif", "ref", "fw", "fwd", "wg", "tr", "rv", "enc", "i")
NO_SUBJECTS = frozenset(("", "hello", "hi", "question", "help", "support", "(no subject)", "no subject"))
"""Subjects that say nothing of the matter."""


def suggest(event: Event, now: datetime) -> None:
    """Listener of soon: a ticket opened; note the open ticket of the same people that it resembles most, if any."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if event.data["by_agent"] or not ticket.is_active:
        return
    rows = _candidates(ticket)
    if not rows:
        return
    words = _words(_first_words([ticket.id]).get(ticket.id, ""))
    texts = _first_words([row.id for row in rows])
    for row in rows:
        why = _why(ticket.subject, words, row.subject, _words(texts.get(row.id, "")))
        if why is not None:
            db.session.execute(
                insert(JoinSuggestion)
                .values(ticket_id=ticket.id, other_id=row.id, why=why, made_at=now)
                .on_conflict_do_nothing(index_elements=[JoinSuggestion.ticket_id, JoinSuggestion.other_id])
            )
            return


def dismiss(ticket: Ticket, other: Ticket, by: Actor, at: datetime) -> None:
    """They are two matters, and nobody is asked again. Raises NotFound when nothing was suggested."""
    found = db.session.scalar(
        select(JoinSuggestion)
        .where(JoinSuggestion.ticket_id == ticket.id, JoinSuggestion.other_id == other.id)
        .with_for_update()
    )
    if found is None:
        raise NotFound("Nobody suggests this any more.")
    if found.dismissed_at is None:
        found.dismissed_at, found.dismissed_by_id = at, by.id


def plain_subject(subject: str) -> str:
    """A subject without answer marks, numbers in brackets, and differences of case and space."""
    words = subject.casefold().strip()
    while True:
        mark, colon, rest = words.partition(":")
        if colon and mark.partition("[")[0].strip() in PREFIXES:
            words = rest.strip()
        elif words.startswith("[#") and "]" in words:
            words = words.partition("]")[2].strip()
        else:
            break
    return " ".join(words.split())


def _candidates(ticket: Ticket) -> Sequence[Row[int, str]]:
    """Open tickets of the last days in which one of the same contacts takes part, the newest first."""
    of = {"ticket_id": ticket.id, "brand_id": ticket.brand_id, "since": ticket.opened_at - WITHIN}
    return db.session.execute(_CANDIDATES, of).all()


# Built once: they are asked for each new ticket, and building costs more than asking.
_MINE, _LINK, _THEIRS, _TAKING = (
    aliased(Participant),
    aliased(IdentityLink),
    aliased(IdentityLink),
    aliased(Participant),
)
_CANDIDATES = (
    select(Ticket.id, Ticket.subject)
    .join(_TAKING, _TAKING.ticket_id == Ticket.id)
    .join(_THEIRS, (_THEIRS.identity_id == _TAKING.identity_id) & _THEIRS.ended_at.is_(None))
    .join(_LINK, (_LINK.contact_id == _THEIRS.contact_id) & _LINK.ended_at.is_(None))
    .join(_MINE, _MINE.identity_id == _LINK.identity_id)
    .join(Identity, Identity.id == _MINE.identity_id)
    .where(
        _MINE.ticket_id == bindparam("ticket_id"),
        _MINE.state == "active",
        _TAKING.state == "active",
        Identity.is_shared.is_(False),
        Ticket.active(),
        Ticket.id < bindparam("ticket_id"),
        Ticket.brand_id == bindparam("brand_id"),
        or_(Ticket.opened_at >= bindparam("since"), Ticket.customer_wrote_at >= bindparam("since")),
    )
    .distinct()
    .order_by(Ticket.id.desc())
    .limit(MOST)
)


def _first_words(ticket_ids: Sequence[int]) -> dict[int, str]:
    """The first message of each ticket, as far as it is compared."""
    return {row[0]: row[1] for row in db.session.execute(_FIRST_WORDS, {"ids": list(ticket_ids)})}


_FIRST_WORDS = (
    select(Placement.ticket_id, func.left(Message.text, READ))
    .join(Message, Message.id == Placement.message_id)
    .where(
        Placement.ticket_id.in_(bindparam("ids", expanding=True)),
        Placement.ended_at.is_(None),
        Placement.held.is_(False),
        Message.direction == "in",
    )
    .ext(distinct_on(Placement.ticket_id))
    .order_by(Placement.ticket_id, Placement.written_at, Placement.message_id)
)


def _why(subject: str, words: frozenset[str], other_subject: str, other_words: frozenset[str]) -> str | None:
    plain = plain_subject(subject)
    if plain == plain_subject(other_subject) and plain not in NO_SUBJECTS:
        return "subject"
    if min(len(words), len(other_words)) < FEWEST_WORDS:
        return None
    return "text" if len(words & other_words) >= SIMILAR * len(words | other_words) else None


def _words(text: str) -> frozenset[str]:
    """The words of a text that tell something, in one form."""
    pieces = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return frozenset(piece for piece in pieces if len(piece) > 2)
