"""How a ticket stood at a moment, as its events tell: what a policy looked at when it was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketdesk.sla.explain import Happening
from ticketdesk.sla.policies import Medium


@dataclass(slots=True)
class Stood:
    """The facts of one moment."""

    priority: str = "normal"
    category: str = "new"
    channel: str = "email"
    medium: Medium = "mail"
    queue_id: int | None = None
    brand_id: int | None = None

    def take(self, kind: str, data: Any) -> None:
        """Let one event change them."""
        if kind == "ticket_opened":
            self.priority, self.category = data["priority"], data["category"]
            self.channel = data.get("channel", "email")
            self.medium = "chat" if self.channel == "chat" else "mail"
            self.queue_id, self.brand_id = data.get("queue_id"), data.get("brand_id")
        elif kind == "priority_changed":
            self.priority = data["to"]
        elif kind == "status_changed":
            self.category = data["to_category"]
        elif kind == "medium_changed":
            self.medium = data["to"]
        elif kind == "queue_changed":
            self.queue_id = data["to"]


def by_seq(told: Sequence[Happening], seq: int) -> Stood:
    """The ticket after the event of this number."""
    found = Stood()
    for happening in told:
        if happening.seq <= seq:
            found.take(happening.kind, happening.data)
    return found


def by_moment(told: Sequence[Happening], at: datetime) -> Stood:
    """The ticket at a moment, with all that happened in the same second."""
    found = Stood()
    for happening in told:
        if int(happening.at.timestamp()) <= at.timestamp():
            found.take(happening.kind, happening.data)
    return found
