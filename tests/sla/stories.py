"""Random lives of tickets: who wrote when, pauses, reopenings, merges, splits, changes of mind, policy and medium."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.sla.places import PRIORITIES, Place, place
from ticketdesk.calendars.rules import History
from ticketdesk.sla.explain import Happening
from ticketdesk.sla.policies import Policy

CATEGORIES = ("open", "pending", "on_hold", "solved", "closed")
KNOWN_PLACES = 138
MOST_EVENTS = 14


@dataclass(frozen=True)
class Story:
    """One ticket's events with all that is needed to replay them."""

    place: Place
    events: tuple[Happening, ...]
    until: datetime

    @property
    def policies(self) -> dict[int, Policy]:
        """By version id."""
        return self.place.policies

    @property
    def calendars(self) -> dict[int, History]:
        """By calendar id."""
        return self.place.calendars


def stories(places: int = KNOWN_PLACES) -> st.SearchStrategy[Story]:
    """Stories in so many places; a number stands for each event, so that the failing one is shrunk to few."""
    number = st.integers(0, 2**32 - 1)
    return st.builds(tell, st.integers(0, places - 1), number, st.lists(number, max_size=MOST_EVENTS))


def tell(where: int, beginning: int, numbers: Sequence[int]) -> Story:
    """The story that these numbers stand for; equal numbers tell the same again."""
    chance, found = Random(beginning), place(where)
    teller = _Teller(found, found.midnight + timedelta(minutes=chance.randrange(-2 * 1440, 1440)))
    teller.open(chance)
    for number in numbers:
        teller.go_on(Random(number))
    return Story(found, tuple(teller.events), teller.at + timedelta(minutes=chance.randrange(600)))


def _wait(chance: Random) -> timedelta:
    """How long until the next thing happens: often no time at all, never a broken minute."""
    return timedelta(minutes=chance.choice([chance.randrange(6), chance.randrange(181), 30, 60, 480]))


def _since(at: datetime, chance: Random) -> str | None:
    """Since when a customer waits, if one does."""
    minutes = chance.choice([None, chance.randrange(181), chance.randrange(4 * 1440)])
    return None if minutes is None else (at - timedelta(minutes=minutes)).isoformat()


class _Teller:
    """The story as far as it has been told."""

    def __init__(self, found: Place, at: datetime) -> None:
        self.place, self.at = found, at
        self.events: list[Happening] = []
        self.replies: list[int] = []
        self.categories: list[str] = []
        self.moved: list[int] = []  # changes of status, without those that were taken back

    def add(self, kind: str, actor: str = "agent", **data: Any) -> None:
        self.events.append(Happening(len(self.events) + 1, self.at, kind, actor, data))

    def open(self, chance: Random) -> None:
        by_agent = chance.random() < 0.3
        self.categories.append(chance.choice(CATEGORIES) if by_agent else "new")
        self.add(
            "ticket_opened",
            priority=chance.choice(PRIORITIES),
            category=self.categories[-1],
            by_agent=by_agent,
            channel=chance.choice(["chat", "email"]),
        )
        if chance.randrange(6):
            self.apply(chance.choice([1, 2, 3]))

    def apply(self, version_id: int | None) -> None:
        self.add("sla_applied", "system", policy_version_id=version_id)

    def go_on(self, chance: Random) -> None:
        self.at += _wait(chance)
        kinds = list(_SHARES)
        (kind,) = chance.choices(kinds, [_SHARES[one] for one in kinds])
        getattr(self, f"_{kind}")(chance)

    def _message(self, chance: Random) -> None:
        held, inert = chance.randrange(6) == 0, chance.randrange(6) == 0
        self.add("message_received", "contact", message_id=100 + len(self.events), held=held, inert=inert)

    def _reply(self, chance: Random) -> None:
        self.replies.append(200 + len(self.events))
        actor = chance.choice(["agent"] * 5 + ["automation"])
        self.add("reply_sent", actor, message_id=self.replies[-1], automatic=chance.randrange(6) == 0)

    def _status(self, chance: Random) -> None:
        self.categories.append(chance.choice(CATEGORIES))
        self.add("status_changed", to_category=self.categories[-1])
        self.moved.append(len(self.events))

    def _unsent(self, chance: Random) -> None:
        """A reply is taken back, and with it the changes of status that came with it."""
        many = chance.choice([1, 1, 2])
        if len(self.moved) < many or {"solved", "closed"} & set(self.categories[-1 - many : -1]):
            return  # what sending changes by the way goes from an open ticket to any, at most by way of another
        seqs, self.moved, self.categories = self.moved[-many:], self.moved[:-many], self.categories[:-many]
        self.add("status_changed", to_category=self.categories[-1], takes_back=seqs)
        if self.replies and chance.random() < 0.7:
            data = {} if chance.randrange(4) else {"unanswered_since": _since(self.at, chance)}
            self.add("reply_withdrawn", message_id=self.replies[-1], **data)

    def _void(self, chance: Random) -> None:
        if self.replies:
            kind = chance.choice(["reply_withdrawn", "reply_failed", "reply_failed", "reply_repeated"])
            self.add(kind, message_id=chance.choice(self.replies), permanent=chance.randrange(4) > 0)

    def _priority(self, chance: Random) -> None:
        self.add("priority_changed", to=chance.choice(PRIORITIES))
        if chance.random() < 0.5:
            self.apply(chance.choice([None, 1, 2, 3]))

    def _queue(self, chance: Random) -> None:
        self.add("queue_changed", to=chance.randrange(1, 4))
        if chance.random() < 0.5:
            self.apply(chance.choice([1, 2, 3]))

    def _medium(self, chance: Random) -> None:
        self.add("medium_changed", to=chance.choice(["chat", "mail"]))

    def _aside(self, chance: Random) -> None:
        self.add(chance.choice(["marked_spam", "trashed", "merged_into"]))

    def _back(self, chance: Random) -> None:
        self.add(chance.choice(["unmarked_spam", "restored", "merge_undone"]))

    def _joined(self, chance: Random) -> None:
        self.add("merged_from", source_id=7, unanswered_since=_since(self.at, chance))

    def _parted(self, chance: Random) -> None:
        """Two tickets are apart again; while it was merged, an agent may have answered what stood elsewhere."""
        merges = (event for event in reversed(self.events) if event.kind in ("merged_into", "merge_undone"))
        merged = next((event.at for event in merges), None)
        answer = [300 + len(self.events), max(merged or self.at, self.at - _wait(chance)).isoformat()]
        while_merged = merged is not None and self.events[-1].kind == "merged_into"
        self.add(
            "merge_undone",
            source_id=7,
            unanswered_since=_since(self.at, chance),
            answered=answer if while_merged and chance.random() < 0.5 else None,
        )

    def _split(self, chance: Random) -> None:
        """Messages go into a ticket of their own, or come back from there."""
        if chance.random() < 0.5:
            self.add("split_off", part_id=7, unanswered_since=_since(self.at, chance))
        else:
            self.add("merged_from", source_id=7, returned=[1], unanswered_since=_since(self.at, chance))

    def _accepted(self, chance: Random) -> None:
        self.add("message_accepted", message_id=1)

    def _nothing_owed(self, chance: Random) -> None:
        self.add("no_reply_needed")

    def _note(self, chance: Random) -> None:
        self.add("note_added")


_SHARES = {
    "message": 4,
    "reply": 4,
    "status": 5,
    "void": 2,
    "unsent": 2,
    "priority": 2,
    "queue": 1,
    "medium": 2,
    "joined": 2,
    "parted": 2,
    "split": 2,
    "aside": 1,
    "back": 1,
    "accepted": 1,
    "nothing_owed": 1,
    "note": 1,
}
"""How often each happens, beside the others."""
