"""Who is here: which agents look at a ticket or write in it, kept for seconds and never in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ticketdesk.core import bell
from ticketdesk.live import shelf

Doing = Literal["looking", "note", "reply"]
DOINGS: tuple[Doing, ...] = ("looking", "note", "reply")
"""What somebody does at a ticket; of several tabs the last of these counts."""
KIND = "presence"
SHELF_LIFE = 30
"""Seconds for which a page's word holds; it says so again every half of that."""
MOST_TABS = 200
"""Tabs of all agents together at one ticket; what comes beyond them is not noted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket as the bell and the shelf know it."""

    ticket_id: int
    reference: str
    queue_id: int


def be(place: Place, agent_id: int, tab: str, doing: Doing, now: datetime) -> bool:
    """A tab of an agent shows the ticket and the agent does this there; tells whether the picture changed by that."""
    until = int(now.timestamp()) + SHELF_LIFE
    tabs = _read(place.ticket_id)
    if tabs is None or (len(tabs) >= MOST_TABS and (agent_id, tab) not in tabs):
        return False
    stale = [_field(*key) for key, kept in tabs.items() if not _holds(kept, now)]

    def put(pipe: Any) -> None:
        pipe.hset(_key(place.ticket_id), _field(agent_id, tab), f"{doing} {until}")
        pipe.expire(_key(place.ticket_id), SHELF_LIFE)
        if stale:
            pipe.hdel(_key(place.ticket_id), *stale)

    if shelf.ask(put) is None:
        return False
    before = _doing_of(tabs, agent_id, now)
    after = _doing_of({**tabs, (agent_id, tab): (doing, until)}, agent_id, now)
    return _tell(place, before != after)


def leave(place: Place, agent_id: int, tab: str, now: datetime) -> bool:
    """A tab shows the ticket no longer; tells whether the picture changed by that."""
    tabs = _read(place.ticket_id)
    if tabs is None or (agent_id, tab) not in tabs:
        return False
    shelf.ask(lambda pipe: pipe.hdel(_key(place.ticket_id), _field(agent_id, tab)))
    before = _doing_of(tabs, agent_id, now)
    after = _doing_of({key: kept for key, kept in tabs.items() if key != (agent_id, tab)}, agent_id, now)
    return _tell(place, before != after)


def of(ticket_ids: Sequence[int], now: datetime) -> dict[int, dict[int, Doing]]:
    """What each agent does at each of these tickets, in one round trip; nothing while the shelf is away."""

    def get(pipe: Any) -> None:
        for ticket_id in ticket_ids:
            pipe.hgetall(_key(ticket_id))

    answers = shelf.ask(get) if ticket_ids else None
    if answers is None:
        return {}
    found = {}
    for ticket_id, answer in zip(ticket_ids, answers, strict=True):
        tabs = _understood(answer)
        doings = {agent_id: _doing_of(tabs, agent_id, now) for agent_id in {agent_id for agent_id, _tab in tabs}}
        here = {agent_id: doing for agent_id, doing in doings.items() if doing is not None}
        if here:
            found[ticket_id] = here
    return found


_Key = tuple[int, str]  # agent, tab
_Kept = tuple[Doing, int]  # what, and until when in seconds


def _tell(place: Place, is_changed: bool) -> bool:
    """Ring for those who show the ticket, and for those who show it in a list."""
    if is_changed:
        bell.say(f"ticket:{place.reference}", KIND)
        bell.say(f"queue:{place.queue_id}", KIND)
    return is_changed


def _read(ticket_id: int) -> dict[_Key, _Kept] | None:
    answers = shelf.ask(lambda pipe: pipe.hgetall(_key(ticket_id)))
    return None if answers is None else _understood(answers[0])


def _understood(answer: Mapping[Any, Any]) -> dict[_Key, _Kept]:
    found: dict[_Key, _Kept] = {}
    for field, value in answer.items():
        agent_id, _, tab = shelf.text(field).partition(":")
        said, _, until = shelf.text(value).partition(" ")
        doing = next((one for one in DOINGS if one == said), None)
        if doing is not None and agent_id.isdecimal() and until.isdecimal():
            found[int(agent_id), tab] = doing, int(until)
    return found


def _doing_of(tabs: Mapping[_Key, _Kept], agent_id: int, now: datetime) -> Doing | None:
    """The most of what an agent does in any tab; None when they are not here."""
    return _most(kept[0] for key, kept in tabs.items() if key[0] == agent_id and _holds(kept, now))


def _most(doings: Iterable[Doing]) -> Doing | None:
    return max(doings, key=DOINGS.index, default=None)


def _holds(kept: _Kept, now: datetime) -> bool:
    return kept[1] > now.timestamp()


def _key(ticket_id: int) -> str:
    return f"ticketdesk:here:{ticket_id}"


def _field(agent_id: int, tab: str) -> str:
    return f"{agent_id}:{tab}"
