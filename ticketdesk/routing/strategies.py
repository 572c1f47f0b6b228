"""Who should take it: pure rules over candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who might take a ticket; `barred` says in plain words why not, None when they may."""

    agent_id: int
    barred: str | None
    last_assigned_at: datetime | None


def round_robin(candidates: Sequence[Candidate]) -> Candidate | None:
    """The eligible agent whose last assignment is longest ago; one who never had any comes first, then the lower id."""
    eligible = [candidate for candidate in candidates if candidate.barred is None]
    if not eligible:
        return None
    return min(
        eligible,
        key=lambda one: (
            one.last_assigned_at is not None,
            one.last_assigned_at.timestamp() if one.last_assigned_at else 0.0,
            one.agent_id,
        ),
    )
