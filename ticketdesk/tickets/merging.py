"""Two tickets that are one matter become one, and two again when that was a mistake."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import (
    audience,
    checklist,
    draft_carrying,
    filling,
    progress,
    retelling,
    sending_later,
    side_talking,
    timekeeping,
    timeline,
    uniting,
    waiting,
)
from ticketdesk.tickets.audience import NOTHING, Gain, Return
from ticketdesk.tickets.carrying import carry, standing_in
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.status import UNSOLVED, Status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MOST_NAMED = 4


class Widens(Conflict):
    """Somebody would see what they could not see before; an agent must say that this is meant."""

    def __init__(self, gains: Sequence[Gain]) -> None:
        said = [f"{gain.name} would newly see #{gain.number}" for gain in gains[:MOST_NAMED]]
        more = len(gains) - MOST_NAMED
        super().__init__("; ".join(said) + (f"; and {more} more" if more > 0 else "") + ". Confirm that this is meant.")
        self.gains = gains


def merge(
    source: Ticket,
    survivor: Ticket,
    by: Actor,
    at: datetime,
    *,
    widen: bool = False,
    tell: bool = False,
    returns: Return = NOTHING,
) -> Ticket:
    """Put all that stands in the source into the survivor, which keeps its number; returns the survivor.

    The source keeps its tags, its people and its history, has no clock any more, and its number leads to the survivor.
    `widen` says that whoever thereby reads more may; without it Widens is raised when there is such a person. `tell`
    asks for one notice to the source's requester. A survivor whose customer waits now opens again. `returns` says what
    a ticket that was split off from the survivor takes back. Raises Conflict for tickets that cannot be merged. Whether
    the agent may manage both is for the door to ask.
    """
    source, survivor = _locked(source, survivor)
    check(source, survivor)
    gains = audience.gains(source, survivor, returns)
    if gains and not widen:
        raise Widens(gains)
    waits = waiting.since(source) if source.category in UNSOLVED else None
    standing = uniting.merges_standing(survivor)
    base = survivor.last_seq
    message_ids = standing_in(source)
    carry(message_ids, source, survivor, at, hold=returns.held)
    people = uniting.unite_people(source, survivor, standing, at, besides=returns.leaving)
    followers = uniting.unite_followers(source, survivor, standing, at)
    for ticket in (source, survivor):
        sending_later.hand_back_all(ticket, "merged", by, at)
    drafts = draft_carrying.carry(source, survivor, base)
    sides, lines = side_talking.move(source, survivor), checklist.carry(source, survivor)
    timekeeping.carry(source, survivor)
    fields = filling.carry(source, survivor)
    reopens = _reopens(source, survivor, waits)
    source.merged_into_id = survivor.id
    retelling.retell(source)
    retelling.retell(survivor)
    timeline.record(
        source,
        "merged_into",
        by,
        at,
        {"survivor_id": survivor.id, "survivor": survivor.number, "message_ids": message_ids, "widened": bool(gains)},
    )
    data: Json = {
        "source_id": source.id,
        "source": source.number,
        "message_ids": message_ids,
        "unanswered_since": _said(waits),
        "people": people,
        "followers": followers,
        "drafts": drafts,
        "sides": sides,
        "lines": lines,
        "fields": fields,
        "reopened_from": survivor.status_id if reopens else None,
        "widened": bool(gains),
        "tell": tell,
    }
    if returns is not NOTHING:
        data |= _owed_after(survivor, returns)
    merged = timeline.record(survivor, "merged_from", by, at, data)
    if reopens:
        progress.reopen(survivor, by, merged.at)
    return survivor


def undo(source: Ticket, by: Actor, at: datetime) -> Ticket:
    """Take a merge back: everything returns, with what came later and answers it; returns the source.

    At any time, and in any order among those merged into one ticket; a ticket that was merged further itself is
    separated first. Raises Conflict when there is nothing to take back.
    """
    if source.merged_into_id is None:
        raise Conflict(f"#{source.number} is not merged into another ticket.")
    source, survivor = _locked(source, db.session.get_one(Ticket, source.merged_into_id))
    if source.merged_into_id != survivor.id:
        raise Conflict(f"#{source.number} is not merged into #{survivor.number} any more.")
    if survivor.merged_into_id is not None:
        raise Conflict(f"#{survivor.number} was merged further. Take that back first.")
    standing = uniting.merges_standing(survivor)
    merged = next(event for event in standing if event.data["source_id"] == source.id)
    others = [event for event in standing if event is not merged]
    message_ids = _belonging(source, survivor, merged, others)
    source.merged_into_id = None
    carry(message_ids, survivor, source, at, let_in=merged.data.get("held_again", ()))
    uniting.separate_people(source, survivor, merged.data["people"], others, message_ids)
    uniting.separate_followers(survivor, merged.data["followers"], others)
    draft_carrying.give_back(source, survivor)
    side_talking.move(survivor, source, merged.data.get("sides", []))
    checklist.carry(survivor, source, merged.data.get("lines", []))
    timekeeping.give_back(survivor, source)
    taken = merged.data.get("fields", [])
    if taken:
        filling.uncarry(survivor, source, taken)
    retelling.retell(source)
    retelling.retell(survivor)
    for ticket, other, name in ((source, survivor, "survivor"), (survivor, source, "source")):
        data: Json = {
            f"{name}_id": other.id,
            name: other.number,
            "message_ids": message_ids,
            "unanswered_since": _said(waiting.since(ticket) if ticket.category in UNSOLVED else None),
        }
        if ticket is source:
            data["answered"] = _answer_among(message_ids, merged.at)
        else:
            data["fields"] = taken
        timeline.record(ticket, "merge_undone", by, at, data)
    _set_back(survivor, merged, by, at)
    return source


def _locked(source: Ticket, survivor: Ticket) -> tuple[Ticket, Ticket]:
    if source.id == survivor.id:
        raise Conflict("A ticket cannot be merged into itself.")
    found = {ticket.id: ticket for ticket in lock([source.id, survivor.id])}
    return found[source.id], found[survivor.id]


def check(source: Ticket, survivor: Ticket) -> None:
    """Raises Conflict where merging would lose or show something; a circle cannot close, as only ends are merged."""
    for ticket in (source, survivor):
        if ticket.merged_into_id is not None:
            raise Conflict(f"#{ticket.number} was merged into another ticket already.")
        if ticket.spam_at is not None or ticket.trashed_at is not None:
            raise Conflict(f"#{ticket.number} is marked as spam or in the trash. Take it out first.")
    if survivor.category == "closed":
        raise Conflict(f"#{survivor.number} is closed and takes no more messages. Keep the other one instead.")
    if source.brand_id != survivor.brand_id:
        raise Conflict("These tickets belong to different brands; each is answered under its own name.")


def _belonging(source: Ticket, survivor: Ticket, merged: Event, others: Iterable[Event]) -> list[int]:
    """What returns: the messages that came by the merge, and later ones that answer one of these.

    A later message that answers nothing we know goes with its author, if they take part only by this merge.
    """
    came = set(merged.data["message_ids"])
    fixed = {message_id for event in others for message_id in event.data["message_ids"]} - came
    own = {note[0] for note in merged.data["people"] if note[1] is not None}
    theirs = {note[0] for note in merged.data["people"]} - own
    rows = db.session.execute(
        select(
            Message.id,
            Message.rfc_id,
            Message.in_reply_to,
            Message.answers_id,
            Message.identity_id,
            Placement.seq,
        )
        .join(Placement, Placement.message_id == Message.id)
        .where(Placement.ticket_id == survivor.id, Placement.ended_at.is_(None))
        .order_by(Placement.written_at, Message.id)
    ).all()
    goes: dict[int, bool] = {}
    by_rfc_id: dict[str, bool] = {}
    for row in rows:
        if row.id in came:
            goes[row.id] = True
        elif row.seq < merged.seq or row.id in fixed:
            goes[row.id] = False
        elif row.answers_id in goes:
            goes[row.id] = goes[row.answers_id]
        elif row.in_reply_to in by_rfc_id:
            goes[row.id] = by_rfc_id[row.in_reply_to]
        else:
            goes[row.id] = row.identity_id in theirs
        if row.rfc_id is not None:
            by_rfc_id[row.rfc_id] = goes[row.id]
    return sorted(message_id for message_id, leaves in goes.items() if leaves)


def _owed_after(survivor: Ticket, returns: Return) -> Json:
    """What is owed where letters stand again with what they stood beside before: all of it is looked at anew."""
    since = waiting.since(survivor, returns.message_ids) if survivor.category in UNSOLVED else None
    answer = waiting.newest_answer(survivor) if since is None else None
    return {
        "returned": sorted(returns.message_ids),
        "held_again": sorted(returns.held),
        "unanswered_since": _said(since),
        "answered": None if answer is None else [answer[1], answer[0].isoformat()],
    }


def _reopens(source: Ticket, survivor: Ticket, waits: datetime | None) -> bool:
    """Whether the survivor has work again: somebody waits there now, or it was done and the source is not."""
    if survivor.category == "solved":
        return source.category in UNSOLVED
    return waits is not None and survivor.category in ("pending", "on_hold")


def _set_back(survivor: Ticket, merged: Event, by: Actor, at: datetime) -> None:
    """Give the survivor the status that the merge took from it, unless it was changed since."""
    status_id = merged.data["reopened_from"]
    if status_id is None:
        return
    changes = db.session.scalars(
        select(Event).where(Event.ticket_id == survivor.id, Event.kind == "status_changed", Event.seq > merged.seq)
    ).all()
    if len(changes) == 1 and waiting.since(survivor) is None:
        progress.change_status(survivor, db.session.get_one(Status, status_id), by, at)


def _answer_among(message_ids: Sequence[int], after: datetime) -> list[object] | None:
    """The first reply of an agent, since the merge, among messages that return: [message, when]."""
    found = db.session.execute(
        select(Message.id, Message.written_at)
        .where(
            Message.id.in_(message_ids),
            Message.kind == "public",
            Message.direction == "out",
            Message.automatic.is_(False),
            Message.written_at >= after,
        )
        .order_by(Message.written_at, Message.id)
        .limit(1)
    ).one_or_none()
    return None if found is None else [found.id, found.written_at.isoformat()]


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
