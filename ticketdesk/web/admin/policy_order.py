"""Which policy wins: what each asks for, and which never gets its turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ticketdesk.sla.policies import CONDITIONS, Fact, Policy

Conditions = Mapping[str, Sequence[int | str]]


@dataclass(frozen=True, slots=True)
class Try:
    """One policy held against a ticket; `against` are the conditions that speak against it."""

    policy: Policy
    against: list[str]

    @property
    def fits(self) -> bool:
        """Whether the policy fits."""
        return not self.against


def tried(policies: Sequence[Policy], facts: Mapping[str, Fact]) -> list[Try]:
    """The policies in their order up to the first that fits."""
    found: list[Try] = []
    for policy in policies:
        asked = [name for name in CONDITIONS if name in policy.conditions]
        against = [name for name in asked if facts.get(name) not in policy.conditions[name]]
        found.append(Try(policy, against))
        if not against:
            break
    return found


def covers(one: Conditions, other: Conditions) -> bool:
    """Whether every ticket that the other fits is fitted by the one as well."""
    return all(name in other and set(other[name]) <= set(allowed) for name, allowed in one.items() if allowed)


def stands_before(in_order: Sequence[Conditions]) -> list[int | None]:
    """For each, the place of an earlier one that leaves it no ticket; None where there is none."""
    return [
        next((earlier for earlier in range(index) if covers(in_order[earlier], conditions)), None)
        for index, conditions in enumerate(in_order)
    ]
