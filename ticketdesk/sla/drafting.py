"""Drafts: what a policy or a calendar would say, kept as plain values and read as what the replay needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from ticketdesk.calendars import loading as calendars
from ticketdesk.calendars.hours import always, opens_within_a_year, second_of
from ticketdesk.calendars.rules import History, from_stored
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.sla import loading
from ticketdesk.sla.policies import Policy
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.sla.simulate import Terms
from ticketdesk.sla.simulation import SlaSimulation

DRAFT = 0
"""Stands for the draft where others have the id of a version."""

WORDS = ("calendar_id", "targets", "chat_targets", "conditions", "pause_categories")
"""What of a policy a draft may say differently; nothing else of it moves a clock."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is simulated: other words of a policy, other hours of a calendar, or both."""

    policy_id: int | None = None
    words: Json | None = None
    calendar_id: int | None = None
    hours: Json | None = None


def words_of(version: SlaPolicyVersion) -> Json:
    """What a draft begins with."""
    return {name: getattr(version, name) for name in WORDS}


def hours_of(version: Any) -> Json:
    """The same of a calendar's version."""
    return {name: getattr(version, name) for name in ("timezone", "week", "exceptions", "holidays")}


def check_hours(hours: Json, at: datetime) -> None:
    """Raise Invalid for hours that make no sense or never open."""
    rules = from_stored(hours["timezone"], hours["week"], hours["exceptions"], hours["holidays"])
    if not opens_within_a_year(always(rules), at):
        raise Invalid("These hours never open in the next 366 days, so no clock would ever run.", "week")


def tried(policy_id: int | None) -> list[int]:
    """The newest version of each policy in use in the order in which they are tried, the draft at its own place."""
    newest = select(func.max(SlaPolicyVersion.id)).where(SlaPolicyVersion.policy_id == SlaPolicy.id).scalar_subquery()
    rows = db.session.execute(
        select(SlaPolicy.id, newest)
        .where(or_(SlaPolicy.enabled, SlaPolicy.id == policy_id))
        .order_by(SlaPolicy.position, SlaPolicy.id)
    )
    return [DRAFT if found == policy_id else version_id for found, version_id in rows if version_id is not None]


@dataclass(frozen=True, slots=True)
class Read:
    """A stored draft as the replay takes it."""

    tried: Sequence[Policy]
    terms: Terms


def read(simulation: SlaSimulation) -> Read:
    """The draft with all that stands beside it; raises Conflict where its business hours were removed meanwhile."""
    order = simulation.draft["tried"]
    policies = loading.policies(version_id for version_id in order if version_id != DRAFT)
    if simulation.policy_id is not None:
        policies[DRAFT] = _policy(simulation)
    histories = known_at(calendars.histories(one.calendar_id for one in policies.values()), simulation.created_at)
    hours = simulation.draft.get("hours")
    if simulation.calendar_id is not None and hours is not None:
        rules = from_stored(hours["timezone"], hours["week"], hours["exceptions"], hours["holidays"])
        histories[simulation.calendar_id] = always(rules)
    if any(one.calendar_id not in histories for one in policies.values()):
        raise Conflict("The business hours of this draft were removed meanwhile.")
    return Read([policies[version_id] for version_id in order if version_id in policies], Terms(policies, histories))


def known_at(histories: Mapping[int, History], at: datetime) -> dict[int, History]:
    """The hours as they were known at a moment, so that what is announced later moves nothing between two batches."""
    return {calendar_id: history.as_known(second_of(at)) for calendar_id, history in histories.items()}


def _policy(simulation: SlaSimulation) -> Policy:
    """The drafted policy: its base with other words."""
    base_id = db.session.scalars(
        select(SlaPolicyVersion.id).where(
            SlaPolicyVersion.policy_id == simulation.policy_id, SlaPolicyVersion.number == simulation.base_version
        )
    ).one()
    words = simulation.draft["words"]
    return replace(
        loading.policies([base_id])[base_id],
        version_id=DRAFT,
        calendar_id=words["calendar_id"],
        targets=words["targets"],
        chat_targets=words["chat_targets"],
        conditions={name: frozenset(allowed) for name, allowed in words["conditions"].items() if allowed},
        pause_categories=frozenset(words["pause_categories"]),
    )
