"""Whether a new ticket is about the same matter as an open one of the same people (SEMANTICS 1, step 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, func, or_, select
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
    mine, link, theirs, taking = (
        aliased(Participant),
        aliased(IdentityLink),
        aliased(IdentityLink),
        aliased(Participant),
    )
    since = ticket.opened_at - WITHIN
    return db.session.execute(
        select(Ticket.id, Ticket.subject)
        .join(taking, taking.ticket_id == Ticket.id)
        .join(theirs, (theirs.identity_id == taking.identity_id) & theirs.ended_at.is_(None))
        .join(link, (link.contact_id == theirs.contact_id) & link.ended_at.is_(None))
        .join(mine, mine.identity_id == link.identity_id)
        .join(Identity, Identity.id == mine.identity_id)
        .where(
            mine.ticket_id == ticket.id,
            mine.state == "active",
            taking.state == "active",
            Identity.is_shared.is_(False),
            Ticket.active(),
            Ticket.id < ticket.id,
            Ticket.brand_id == ticket.brand_id,
            or_(Ticket.opened_at >= since, Ticket.customer_wrote_at >= since),
        )
        .distinct()
        .order_by(Ticket.id.desc())
        .limit(MOST)
    ).all()


def _first_words(ticket_ids: Sequence[int]) -> dict[int, str]:
    """The first message of each ticket, as far as it is compared."""
    rows = db.session.execute(
        select(Placement.ticket_id, func.left(Message.text, READ))
        .join(Message, Message.id == Placement.message_id)
        .where(
            Placement.ticket_id.in_(ticket_ids),
            Placement.ended_at.is_(None),
            Placement.held.is_(False),
            Message.direction == "in",
        )
        .ext(distinct_on(Placement.ticket_id))
        .order_by(Placement.ticket_id, Placement.written_at, Placement.message_id)
    )
    return {row[0]: row[1] for row in rows}


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
