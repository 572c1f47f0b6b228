"""Two people, one ticket: what happened since somebody began to write that they should see before it goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from ticketdesk.accounts.agent import Agent
from ticketdesk.tickets import overtaking
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web import formatting
from ticketdesk.web.desk import happenings, letters
from ticketdesk.web.desk import names as called
from ticketdesk.web.desk.happenings import Happening
from ticketdesk.web.desk.letters import Letter
from ticketdesk.web.desk.names import Names
from ticketdesk.web.texts import _

SHOWN = 20
"""So many are shown, the newest; whoever was away for longer reads the conversation."""


@dataclass(frozen=True, slots=True)
class Came:
    """One of them: a message, or something else that happened."""

    sentence: str
    letter: Letter | None = None
    happening: Happening | None = None


@dataclass(frozen=True, slots=True)
class News(Sequence[str]):
    """All of it in order: in sentences, and as the conversation shows it."""

    entries: tuple[Came, ...] = ()

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return [entry.sentence for entry in self.entries][at]

    def __len__(self) -> int:
        return len(self.entries)


def since(ticket: Ticket, agent: Agent, seq: int, *, is_chat: bool = False) -> News:
    """What came after an event, the agent's own doing left out; the ticket must be locked.

    In a chat both write at once, and what the visitor says stands above the answer while it is typed, so that need
    not be shown again.
    """
    events = overtaking.since(ticket.id, seq, agent)
    if is_chat:
        events = [event for event in events if event.kind != "message_received"]
    events = events[-SHOWN:]
    if not events:
        return News()
    names, _assignable = called.load([], ticket, [])
    shown = letters.those(ticket, [event.data["message_id"] for event in events if "message_id" in event.data])
    return News(tuple(_came(event, shown, names) for event in events))


def _came(event: Event, shown: dict[int, Letter], names: Names) -> Came:
    """One of them: a message by how it begins, anything else by what happened."""
    when = formatting.clock(event.at)
    letter = shown.get(event.data.get("message_id", 0))
    if letter is None:
        happening = happenings.tell(event, names)
        return Came(f"{when}, {happening.words}", happening=happening)
    words = letter.snippet or "…"
    return Came(_("%(when)s, %(who)s: “%(words)s”", when=when, who=letter.author or "–", words=words), letter)
