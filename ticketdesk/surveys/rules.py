"""Whom a survey may be sent to: plain facts in, the reason against it out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

REASONS: Mapping[str, str] = {
    "reopened": "the ticket was opened again",
    "merged": "the ticket was merged into another",
    "spam": "the ticket is spam",
    "trashed": "the ticket is in the trash",
    "switched_off": "the survey was switched off meanwhile",
    "solved_by_itself": "no person solved it",
    "agents_only": "only agents took part",
    "unanswered": "no agent answered in public",
    "no_address": "the customer gave no mail address",
    "own_address": "the address is one of ours",
    "unanswerable": "the customer's mail is not to be answered by machines",
    "undeliverable": "mail to the customer came back",
    "opted_out": "the customer does not want to be asked",
    "asked_lately": "the customer was asked not long ago",
    "not_drawn": "the customer was not drawn this time",
    "too_many_mails": "the customer had too many automatic mails in the last hours",
    "no_mailbox": "there is no mailbox to write from",
}
"""Why nobody was asked, by the code that is stored; checked in this order (SEMANTICS 9)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the decision looks at."""

    is_solved: bool
    is_merged: bool
    is_spam: bool
    is_trashed: bool
    is_enabled: bool
    solved_by: str  # the kind of actor
    customer_wrote: bool
    agent_answered: bool
    has_address: bool
    is_ours: bool
    is_answerable: bool
    is_undeliverable: bool
    opted_out: bool
    asked_at: datetime | None  # the last time this contact was asked
    days_between: int
    is_drawn: bool
    has_room: bool  # among the automatic mails of the last hours
    has_mailbox: bool


def against(facts: Facts, now: datetime) -> str | None:
    """The first reason not to ask, as a code of REASONS; None when nothing speaks against it."""
    found = (
        ("reopened", not facts.is_solved),
        ("merged", facts.is_merged),
        ("spam", facts.is_spam),
        ("trashed", facts.is_trashed),
        ("switched_off", not facts.is_enabled),
        ("solved_by_itself", facts.solved_by not in ("agent", "contact")),
        ("agents_only", not facts.customer_wrote),
        ("unanswered", not facts.agent_answered),
        ("no_address", not facts.has_address),
        ("own_address", facts.is_ours),
        ("unanswerable", not facts.is_answerable),
        ("undeliverable", facts.is_undeliverable),
        ("opted_out", facts.opted_out),
        ("asked_lately", _asked_lately(facts, now)),
        ("not_drawn", not facts.is_drawn),
        ("too_many_mails", not facts.has_room),
        ("no_mailbox", not facts.has_mailbox),
    )
    return next((code for code, holds in found if holds), None)


def wave(at: datetime) -> str:
    """The draw a moment belongs to: a quarter of a year, so that nobody is left out, or asked, for ever."""
    return f"{at.year}-q{(at.month + 2) // 3}"


def is_drawn(contact: int, in_wave: str, percent: int) -> bool:
    """Whether a contact is among the drawn ones: the same answer each time, and others with each wave."""
    drawn = int.from_bytes(hashlib.sha256(f"{contact}:{in_wave}".encode()).digest()[:8])
    return drawn * 100 < percent * 2**64


def _asked_lately(facts: Facts, now: datetime) -> bool:
    return facts.asked_at is not None and facts.asked_at > now - timedelta(days=facts.days_between)
