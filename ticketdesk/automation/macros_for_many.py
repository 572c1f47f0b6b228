"""One macro on many tickets: its changes made to each, its words a reply of its own to each customer, undone as one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.automation import macros, suggesting
from ticketdesk.automation.macro import Macro
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import batch_parts, batching, filling, meanings, overtaking, placeholders, updating
from ticketdesk.tickets.batch import Batch
from ticketdesk.tickets.batch_changes import Assign, Change, ChangeTags, MoveTo, SetPriority
from ticketdesk.tickets.batching import Skipped
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.updating import Told

MOST = batching.MOST


@dataclass(frozen=True, slots=True)
class Plan:
    """What a macro would do with the tickets that an agent has chosen."""

    changed: Sequence[Ticket]
    skipped: Sequence[Skipped]
    replies: updating.Plan


@dataclass(frozen=True, slots=True)
class Used:
    """What it did: by what it can be undone, in how many tickets, and how many replies were written.

    `overtaken` are those in which something came meanwhile that its user should see first; nothing was done there.
    """

    batch_id: int
    tickets: int
    replies: int
    skipped: Sequence[Skipped]
    overtaken: Sequence[Ticket]


class Overtaken(Conflict):
    """Nothing was done, for something came meanwhile in every ticket that would have taken it."""

    def __init__(self, tickets: Sequence[Ticket], skipped: Sequence[Skipped]) -> None:
        super().__init__("Something came in these tickets meanwhile. Look at them first.")
        self.tickets = tickets
        self.skipped = skipped


def needed(macro: Macro) -> list[str]:
    """The permissions that its changes ask for, one by one."""
    asked = {
        "ticket.assign": macro.assigns,
        "ticket.priority": macro.priority is not None,
        "ticket.tag": bool(macro.tags),
        "ticket.status": macro.category is not None,
    }
    return [permission for permission, is_needed in asked.items() if is_needed]


def plan(macro: Macro, agent: Agent, numbers: Collection[int]) -> Plan:
    """Which tickets would be changed, who would get a reply, and what is left as it is, with the reasons; locks none.

    Raises Invalid for no ticket or too many.
    """
    _check(numbers)
    return _planned(macro, agent, numbers, batching.seen(agent, set(numbers)))


def _check(numbers: Collection[int]) -> None:
    if not 0 < len(set(numbers)) <= MOST:
        raise Invalid(f"Choose at least one ticket, and at most {MOST}.")


def _planned(
    macro: Macro, agent: Agent, numbers: Collection[int], found: Sequence[tuple[Ticket, Level | None]]
) -> Plan:
    usable = []
    skipped = [
        Skipped(number, "unseen") for number in sorted(set(numbers) - {ticket.number for ticket, _level in found})
    ]
    solving = (
        [ticket.id for ticket, _level in found if ticket.category != "solved"] if macro.category == "solved" else []
    )
    unfilled = filling.unfilled(solving)
    for ticket, level in found:
        if ticket.merged_into_id is not None:
            skipped.append(Skipped(ticket.number, "merged"))
        elif ticket.category == "closed":
            skipped.append(Skipped(ticket.number, "closed"))
        elif not _may(macro, agent, level):
            skipped.append(Skipped(ticket.number, "not_allowed"))
        elif ticket.id in unfilled:
            skipped.append(Skipped(ticket.number, "unfilled"))
        else:
            usable.append((ticket, level))
    replies = updating.planned(usable if macro.text else [], agent)
    return Plan([ticket for ticket, _level in usable], skipped, replies)


def use(
    macro: Macro,
    agent: Agent,
    numbers: Collection[int],
    at: datetime,
    *,
    key: str,
    told: Collection[int],
    seen: Mapping[int, int],
    leaves_at: datetime | None = None,
) -> Used | None:
    """Use it on all of them, and write to those of `told` (numbers) who can be reached; None for what was done before.

    `key` is of the page that asks: the same again does nothing. `seen` is the last event of each ticket, by number, as
    it was when that page was given out: where a customer or a colleague was quicker, nothing is done. The status is
    given with the reply, so that whoever takes the reply back takes back the status as well. Raises Invalid, Overtaken,
    and Conflict where nothing can be done.
    """
    _check(numbers)
    locked = batching.locked(agent, set(numbers))
    if batch_parts.was_begun(agent, key):
        return None
    found = _planned(macro, agent, numbers, locked)
    new = overtaking.overtaken({one.id: seen.get(one.number, 0) for one in found.changed}, agent)
    overtaken = [one for one in found.changed if one.id in new]
    found = _without(found, new)
    if overtaken and not found.changed:
        raise Overtaken(overtaken, found.skipped)
    if not found.changed:
        raise Conflict("None of these tickets takes this macro.")
    batch = batch_parts.begin(agent, key, at)
    changes: list[Change] = []
    if macro.assigns:
        changes.append(Assign(agent))
    if macro.priority is not None:
        changes.append(SetPriority(macro.priority))
    if macro.tags:
        changes.append(ChangeTags(add=macro.tags))
    parts = [batching.carry_out(agent, [one.number for one in found.changed], change, at) for change in changes]
    written = _write(
        macro, agent, [one for one in found.replies.told if one.ticket.number in told], batch, at, leaves_at
    )
    left = [one.number for one in found.changed if one.number not in written]
    if macro.category is not None and left:
        parts.append(batching.carry_out(agent, left, MoveTo(macro.category), at))
    batch_parts.add(batch, parts)
    counters.shift({macros.counter(macro.id): len(found.changed)})
    suggesting.remember_all(macro.id, [ticket.id for ticket in found.changed], at)
    refused = [one for part in parts for one in part.skipped]
    return Used(batch.id, len(found.changed), len(written), [*found.skipped, *refused], overtaken)


def _without(found: Plan, ids: Collection[int]) -> Plan:
    """The plan for the others."""
    told = [one for one in found.replies.told if one.ticket.id not in ids]
    left_out = [(ticket, why) for ticket, why in found.replies.left_out if ticket.id not in ids]
    changed = [ticket for ticket in found.changed if ticket.id not in ids]
    return Plan(changed, found.skipped, updating.Plan(told, left_out))


def _write(
    macro: Macro, agent: Agent, told: Sequence[Told], batch: Batch, at: datetime, leaves_at: datetime | None
) -> set[int]:
    """A reply of its own to each; returns into which tickets, by number."""
    # Kept here, so that each is read once: whom the words speak to.
    _people = db.session.scalars(
        select(Identity).where(Identity.id.in_([one.ticket.requester_id for one in told]))
    ).all()
    for one in told:
        words = placeholders.filled(macro.text, meanings.of(one.ticket, agent))
        updating.write(one, agent, words, "reply", f"{batch.key}:{one.ticket.id}", at, leaves_at, then=macro.category)
    return {one.ticket.number for one in told}


def _may(macro: Macro, agent: Agent, level: Level | None) -> bool:
    return all(allowed(agent, permission, level) for permission in ("ticket.reply", *needed(macro)))
