"""Making policies and changing their words, always as a new version; running timers keep the version they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.sla import steps
from ticketdesk.sla.policies import CONDITIONS, METRICS, Metric
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.tickets.status import PRIORITIES, UNSOLVED

LONGEST_NAME = 100
LONGEST_TARGET = 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Words:
    """What a version says; targets in business seconds by priority and metric, a missing one promises nothing."""

    calendar_id: int
    targets: Mapping[str, Mapping[Metric, int]]
    conditions: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    pause_categories: Sequence[str] = ("pending",)
    warn_percent: int = 25
    chat_targets: Mapping[str, Mapping[Metric, int]] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] = ()
    tells_ahead: bool = False


def create(name: str, words: Words, by: Actor, at: datetime) -> SlaPolicy:
    """Make a policy that is tried after all others; raises Invalid."""
    last = db.session.scalar(select(func.max(SlaPolicy.position)))
    policy = SlaPolicy(name=_name(name), position=0 if last is None else last + 1, enabled=True, created_at=at)
    _check(words)
    db.session.add(policy)
    db.session.flush()
    _add_version(policy, 1, words, by, at)
    return policy


def change(policy: SlaPolicy, words: Words, by: Actor, at: datetime) -> SlaPolicyVersion:
    """Let the policy say something else to tickets that come to it from now on; raises Invalid."""
    _check(words)
    lock(policy.id)
    return _add_version(policy, in_force(policy.id).number + 1, words, by, at)


def lock(policy_id: int) -> None:
    """Let nobody else change this policy until the transaction ends."""
    db.session.execute(select(SlaPolicy.id).where(SlaPolicy.id == policy_id).with_for_update())


def in_force(policy_id: int) -> SlaPolicyVersion:
    """The newest version of a policy; raises NoResultFound for an unknown one."""
    return db.session.scalars(
        select(SlaPolicyVersion)
        .where(SlaPolicyVersion.policy_id == policy_id)
        .order_by(SlaPolicyVersion.number.desc())
        .limit(1)
    ).one()


def words_of(version: SlaPolicyVersion) -> Words:
    """What a version says, for whoever changes a part of it (`dataclasses.replace`)."""
    return Words(
        version.calendar_id,
        version.targets,
        version.conditions,
        version.pause_categories,
        version.warn_percent,
        version.chat_targets,
        version.steps,
        version.tells_ahead,
    )


def rename(policy: SlaPolicy, name: str, by: Actor, at: datetime) -> SlaPolicy:
    """Call the policy something else; raises Invalid."""
    if name != policy.name:
        policy.name = _name(name, but=policy.id)
        audit.note("sla_policy_renamed", "sla_policy", policy.id, by, at)
    return policy


def enable(policy: SlaPolicy, enabled: bool, by: Actor, at: datetime) -> SlaPolicy:
    """Try the policy, or pass it over, for tickets from now on; timers that run stay."""
    if policy.enabled != enabled:
        policy.enabled = enabled
        db.session.flush()
        audit.note("sla_policy_enabled" if enabled else "sla_policy_disabled", "sla_policy", policy.id, by, at)
    return policy


def reorder(policy_ids: Sequence[int], by: Actor, at: datetime) -> list[SlaPolicy]:
    """Try the policies in this order; raises Invalid unless it names each exactly once."""
    found = {policy.id: policy for policy in db.session.scalars(select(SlaPolicy).with_for_update())}
    if sorted(policy_ids) != sorted(found):
        raise Invalid("The list of policies has changed meanwhile. Look at it again.", "order")
    for position, policy_id in enumerate(policy_ids):
        found[policy_id].position = position
    db.session.flush()  # clocks ask for policies without writing what waits to be written
    audit.note("sla_policies_reordered", "sla_policy", None, by, at, {"order": list(policy_ids)})
    return [found[policy_id] for policy_id in policy_ids]


def _name(name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the policy a name of at most {LONGEST_NAME} letters.", "name")
    taken = db.session.scalar(select(SlaPolicy.id).where(func.lower(SlaPolicy.name) == name.lower()))
    if taken is not None and taken != but:
        raise Invalid(f"There is already a policy called {name}.", "name")
    return name


def _check(words: Words) -> None:
    """Refuse words that no ticket could be measured by."""
    if db.session.get(Calendar, words.calendar_id) is None:
        raise Invalid("Choose the hours in which time is counted.", "calendar_id")
    if not any(words.targets.values()) and not any(words.chat_targets.values()):
        raise Invalid("Promise at least one time.", "targets")
    for priority, targets in (*words.targets.items(), *words.chat_targets.items()):
        if priority not in PRIORITIES or not set(targets) <= set(METRICS):
            raise Invalid("A target belongs to a priority and a measure.", "targets")
        if not all(0 < target <= LONGEST_TARGET for target in targets.values()):
            raise Invalid("A target lies between a second and a year of business time.", "targets")
    if not set(words.conditions) <= set(CONDITIONS):
        raise Invalid("A policy can ask for the queue, the brand, the priority and the channel.", "conditions")
    if not set(words.pause_categories) <= set(UNSOLVED) - {"new"}:
        raise Invalid("Time can stand still while a ticket is open, pending or on hold.", "pause_categories")
    if not 0 <= words.warn_percent <= 99:
        raise Invalid("Warn when between 1 and 99 percent are left; 0 never warns.", "warn_percent")
    steps.check(words.steps)


def _add_version(policy: SlaPolicy, number: int, words: Words, by: Actor, at: datetime) -> SlaPolicyVersion:
    version = SlaPolicyVersion(
        policy_id=policy.id,
        number=number,
        conditions={name: sorted(allowed) for name, allowed in words.conditions.items() if allowed},
        targets={priority: dict(targets) for priority, targets in words.targets.items() if targets},
        pause_categories=sorted(words.pause_categories),
        calendar_id=words.calendar_id,
        warn_percent=words.warn_percent,
        chat_targets={priority: dict(targets) for priority, targets in words.chat_targets.items() if targets},
        steps=[dict(step) for step in words.steps],
        tells_ahead=words.tells_ahead,
        created_by=by.id if by.kind == "agent" else None,
        created_at=at,
    )
    db.session.add(version)
    db.session.flush()
    audit.note("sla_policy_changed", "sla_policy", policy.id, by, at, {"version": number})
    return version
