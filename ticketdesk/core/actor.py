"""Who did it: an agent, a contact, a rule or the product itself."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["agent", "contact", "automation", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of one change; `id` is the agent's or the identity's, None for the product itself."""

    kind: ActorKind
    id: int | None = None


SYSTEM = Actor("system")
