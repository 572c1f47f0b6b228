"""Whatever becomes one and two again: nobody reads more than was allowed, and nothing is lost (SECURITY AZ-06)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.people import World
from tests.tickets.test_merging import people, projections, reads, standing, ticket_of, timers
from ticketdesk.channels.inbound import Inbound, Match, Sender, deliver
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.sla import rebuilding
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import carrying, merging, noting, receiving, replying, retelling, splitting
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

NAMES = ("dana", "eve", "finn")
EVERYBODY = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=12,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
MORE = settings(EVERYBODY, max_examples=80)

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["write"] * 4
            + ["stranger", "accept", "reply", "note", "inert"]
            + ["merge"] * 4
            + ["widen"] * 3
            + ["undo"] * 3
            + ["split"] * 3
            + ["split, meant"] * 2
            + ["return"] * 3
            + ["return, meant"]
        ),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from([0, 60, 3600]),
    ),
    max_size=18,
)


parting = st.lists(
    st.tuples(
        st.sampled_from(
            ["stranger"] * 3
            + ["accept"] * 2
            + ["write", "reply", "merge", "undo"]
            + ["split"] * 6
            + ["split, meant"] * 2
            + ["return"] * 4
        ),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from([60, 3600]),
    ),
    min_size=8,
    max_size=16,
)
"""More of what is split off from tickets in which strangers write."""


@dataclass
class Small:
    """Three tickets of three people, and what each of them was ever allowed to read."""

    world: World
    at: datetime
    tickets: list[Ticket] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    known: dict[int, set[int]] = field(default_factory=dict)
    parts: list[Ticket] = field(default_factory=list)

    def letter(self, who: int, ticket: Ticket | None, *, may_join: bool = True, inert: str | None = None) -> Inbound:
        return Inbound(
            brand_id=self.world.brand.id,
            queue_id=self.world.care_queue.id,
            mailbox_id=self.world.mailbox.id,
            sender=Sender("email", f"{NAMES[who]}@customer.example", NAMES[who].title()),
            letter=Letter(
                channel="email",
                subject="A chair",
                text="Words",
                inert=inert,
            ),
            received_at=self.at,
            match=Match(ticket.id, "message_id") if ticket is not None else None,
            may_join=may_join,
        )

    def read_now(self) -> dict[int, set[int]]:
        """What everybody reads, over all tickets."""
        return {
            identity.id: {message for ticket in [*self.tickets, *self.parts] for message in reads(ticket, identity.id)}
            for identity in self.identities
        }

    def whole(self, part: Ticket) -> Ticket:
        """Where what was split off would return to."""
        split_from = splitting.origin(part)
        assert split_from is not None
        return self.end(next(one for one in self.tickets if one.id == split_from.data["source_id"]))

    def end(self, ticket: Ticket) -> Ticket:
        while ticket.merged_into_id is not None:
            ticket = next(other for other in [*self.tickets, *self.parts] if other.id == ticket.merged_into_id)
        return ticket


def begin(world: World, now: datetime) -> Small:
    small = Small(world, now)
    for number, name in enumerate(NAMES):
        small.identities.append(resolving.resolve("email", f"{name}@customer.example", name.title(), now))
        small.tickets.append(ticket_of(deliver(small.letter(number, None)).message))
    return small


def act(small: Small, what: str, one: int, other: int) -> None:
    """One step; what it may let people read that they could not before is written down."""
    ticket, end, by = small.tickets[one], small.end(small.tickets[one]), small.world.alice
    before = small.read_now()
    may_gain: set[int] = set()
    knew = small.known
    if what in ("write", "stranger", "inert"):
        inert = "vacation" if what == "inert" else None
        made = deliver(small.letter(other, ticket, may_join=what != "stranger", inert=inert)).message
        may_gain = {made.id}
    elif what == "accept":
        held = db.session.scalar(
            select(Placement.message_id)
            .where(Placement.ticket_id == end.id, Placement.ended_at.is_(None), Placement.held)
            .limit(1)
        )
        if held is None:
            return
        receiving.accept(held, by.actor, small.at)
        # an agent lets the author take part, who then reads what is written from that message on
        may_gain = set(standing(end))
    elif what == "reply":
        may_gain = {replying.reply(end, by, "Words", to=[("dana@customer.example", "")], at=small.at).id}
    elif what == "note":
        noting.note(end, by, "Words", at=small.at)
    elif what == "undo":
        with pytest.raises(Conflict) if not can_part(small, ticket) else nothing():
            merging.undo(ticket, by.actor, small.at)
    elif what.startswith("split"):
        here = carrying.standing_in(end)
        if len(here) < 2 or end.category == "closed":
            return
        chosen = tuple(here[one % len(here) :: 2][: len(here) - 1])
        asks = splitting.may_ask(end)
        share = splitting.Share(chosen, small.world.care_queue, asks[other % len(asks)], "A part")
        try:
            small.parts.append(splitting.split(end, share, by.actor, small.at, widen="meant" in what))
        except Conflict:
            assert before == small.read_now()
            return
        # whoever asks may read the words of theirs that were held, and more only when that is meant
        own = {made.id for made in db.session.scalars(select(Message).where(Message.identity_id == share.requester.id))}
        may_gain = set(chosen) if "meant" in what else own
    elif what.startswith("return"):
        part = small.parts[one % len(small.parts)] if small.parts else None
        if part is None or part.merged_into_id is not None or small.whole(part) is part:
            return
        source = small.whole(part)
        savepoint = db.session.begin_nested()
        try:
            splitting.undo(part, by.actor, small.at, widen="meant" in what)
        except Conflict:
            savepoint.rollback()
            return
        savepoint.commit()
        may_gain = set(standing(source)) if "meant" in what else set()
    else:
        survivor = small.tickets[other]
        try:
            merging.merge(ticket, survivor, by.actor, small.at, widen=what == "widen")
        except Conflict:
            assert (ticket.merged_into_id, before) == (small.tickets[one].merged_into_id, small.read_now())
            return
        if what == "widen":
            may_gain = set(standing(survivor))
    for identity_id, seen in small.read_now().items():
        gained = seen - before[identity_id] - (knew.get(identity_id, set()) if what == "return" else set())
        assert gained <= may_gain, (what, identity_id, gained)


def can_part(small: Small, ticket: Ticket) -> bool:
    if ticket.merged_into_id is None:
        return False
    return next(one for one in [*small.tickets, *small.parts] if one.id == ticket.merged_into_id).merged_into_id is None


@contextmanager
def nothing() -> Iterator[None]:
    yield


def check(small: Small, count: int) -> None:
    """Whatever happened: every message stands in one place, and the columns repeat the rows."""
    db.session.flush()
    assert db.session.scalar(select(func.count()).select_from(Message)) == count
    current = db.session.execute(
        select(Placement.message_id, func.count()).where(Placement.ended_at.is_(None)).group_by(Placement.message_id)
    ).all()
    assert [number for _id, number in current] == [1] * count
    for ticket in [*small.tickets, *small.parts]:
        kept = projections(ticket)
        assert bool(ticket.merged_into_id is None) or not standing(ticket)
        retelling.retell(ticket)
        assert projections(ticket) == kept
    everything = [ticket.id for ticket in [*small.tickets, *small.parts]]
    assert rebuilding.compare(everything, small.at) == {}
    for identity_id, seen in small.read_now().items():
        small.known.setdefault(identity_id, set()).update(seen)


def live(world: World, now: datetime, story: list[tuple[str, int, int, int]], *, then_merge: bool = True) -> None:
    savepoint = db.session.begin_nested()
    try:
        small = begin(world, now)
        for what, one, other, passed in story:
            small.at += timedelta(seconds=passed)
            act(small, what, one, other)
            check(small, db.session.scalar(select(func.count()).select_from(Message)) or 0)
        if then_merge:
            _merge_and_undo(small)
    finally:
        savepoint.rollback()
        db.session.expire_all()


def _merge_and_undo(small: Small) -> None:
    """A merge that is taken back at once leaves placements, people, columns and running clocks as they were."""
    whole = [ticket for ticket in small.tickets if ticket.merged_into_id is None]
    if len(whole) < 2:
        return
    source, survivor = whole[:2]

    def state() -> list[object]:
        return [
            (standing(one), people(one), projections(one), [timer for timer in timers(one) if timer[1] == "running"])
            for one in (source, survivor)
        ]

    rebuilding.rebuild([source.id, survivor.id], small.at)  # a verdict that is due already falls before
    before = state()
    was_reopened = survivor.category == "solved"
    merging.merge(source, survivor, small.world.alice.actor, small.at, widen=True)
    merging.undo(source, small.world.alice.actor, small.at)
    if not was_reopened:
        assert state() == before


@EVERYBODY
@given(story=steps)
def _some(story: list[tuple[str, int, int, int]]) -> None:
    live(*_HERE, story)


@EVERYBODY
@given(story=parting)
def _some_apart(story: list[tuple[str, int, int, int]]) -> None:
    live(*_HERE, story, then_merge=False)


@MORE
@given(story=parting)
def _many_apart(story: list[tuple[str, int, int, int]]) -> None:
    live(*_HERE, story, then_merge=False)


@MORE
@given(story=steps)
def _many(story: list[tuple[str, int, int, int]]) -> None:
    live(*_HERE, story)


_HERE: tuple[World, datetime] = ()  # type: ignore[assignment]  # the world of the running test


def test_nobody_reads_more_and_nothing_is_lost(
    world: World, policy: SlaPolicy, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "_HERE", (world, now))
    _some()
    _some_apart()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nobody_reads_more_in_many_stories(
    world: World, policy: SlaPolicy, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "_HERE", (world, now))
    _many()
    _many_apart()
