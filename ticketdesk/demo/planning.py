"""When everything happened: each step of each conversation gets its moment, the same for the same seed and now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from ticketdesk.calendars.hours import add_business, is_open, open_spans
from ticketdesk.calendars.rules import History
from ticketdesk.demo.conversation import CUSTOMER, Conversation, Turn

WEEKS = timedelta(days=30)
"""How far back it all goes."""
RESTED = timedelta(hours=2)
"""What is over has been over for so long."""
AWAKE = range(7, 23)
"""Hours in which customers write back."""
AFTERWARDS = frozenset({"rates", "concludes"})
"""What may still be to come when the matter itself is over."""
TRIES = 400

_BY_HOUR = (2, 1, 1, 1, 1, 2, 5, 14, 30, 44, 50, 48, 38, 34, 38, 38, 34, 30, 28, 26, 26, 20, 10, 4)
"""How much is written in each hour of the day."""
_BY_WEEKDAY = (13, 11, 10, 10, 9, 8, 7)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one conversation, at its moment; the first has no turn."""

    at: datetime
    conversation: Conversation
    turn: Turn | None


def plan(conversations: Sequence[Conversation], hours: History, timezone: str, now: datetime, seed: int) -> list[Step]:
    """Every step before `now`, in the order of time."""
    now = now.replace(microsecond=0)
    steps: list[Step] = []
    begun: dict[str, datetime] = {}
    for conversation in sorted(conversations, key=lambda one: one.beside is not None):
        # Each has chances of its own, so that writing another one moves none of those that are there.
        chance = Random(f"{seed}/{conversation.key}/{conversation.address}")  # noqa: S311  # nobody must not guess it
        if conversation.goes_on:
            moments = _backward(conversation, hours, now, chance)
        elif conversation.beside is not None:
            other, after = conversation.beside
            moments = _forward(conversation, hours, ZoneInfo(timezone), begun[other] + after, chance)
        else:
            moments = _somewhere(conversation, hours, ZoneInfo(timezone), now, chance)
        begun[conversation.key] = moments[0]
        turns: Iterable[Turn | None] = (None, *conversation.turns)
        steps += [Step(at, conversation, turn) for at, turn in zip(moments, turns, strict=True) if at < now]
    return sorted(steps, key=lambda step: step.at)  # stable: what happens in one second keeps its order


def open_before(hours: History, end: datetime, length: timedelta) -> datetime:
    """The latest instant from which on so much open time passed until `end`."""
    left = length
    for opens, closes in reversed(open_spans(hours, end - 2 * WEEKS, end)):
        if closes - opens >= left:
            return closes - left
        left -= closes - opens
    raise ValueError("so much open time there was not")


def _backward(conversation: Conversation, hours: History, now: datetime, chance: Random) -> list[datetime]:
    """The moments of a conversation that goes on, from its last step back to its first."""
    last = conversation.last or timedelta()
    at = open_before(hours, now, last) if conversation.last_is_open else now - last
    at -= timedelta(seconds=chance.randrange(5))
    moments: list[datetime] = []
    for turn in reversed(conversation.turns):
        if _keeps_hours(turn, conversation):
            if not is_open(hours, at):
                at = open_before(hours, at, timedelta(seconds=chance.randrange(300, 3000)))
            moments.append(at)
            at = open_before(hours, at, turn.after)
        else:
            moments.append(at)
            at -= turn.after
        at -= timedelta(seconds=chance.randrange(1, 30))
    return [at, *reversed(moments)]


def _somewhere(
    conversation: Conversation, hours: History, zone: ZoneInfo, now: datetime, chance: Random
) -> list[datetime]:
    """The moments of a conversation of the past weeks that is over by now."""
    moments: list[datetime] = []
    for _ in range(TRIES):
        moments = _forward(conversation, hours, zone, _beginning(conversation, hours, zone, now, chance), chance)
        over = max(
            at
            for at, turn in zip(moments, (None, *conversation.turns), strict=True)
            if turn is None or turn.does not in AFTERWARDS
        )
        if over < now - RESTED:
            break
    return moments


def _beginning(conversation: Conversation, hours: History, zone: ZoneInfo, now: datetime, chance: Random) -> datetime:
    days = range(1, WEEKS.days)
    while True:
        today = now.astimezone(zone)
        weights = [_BY_WEEKDAY[(today - timedelta(days=ago)).weekday()] for ago in days]
        day = today - timedelta(days=chance.choices(days, weights)[0])
        hour = chance.choices(range(24), _BY_HOUR)[0]
        local = day.replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60))
        at = local.astimezone(now.tzinfo)
        # A chat begins where somebody is there to answer, and has an hour to come to its end.
        if conversation.channel != "chat" or (is_open(hours, at) and is_open(hours, at + timedelta(hours=1))):
            return at


def _forward(
    conversation: Conversation, hours: History, zone: ZoneInfo, at: datetime, chance: Random
) -> list[datetime]:
    moments = [at]
    for turn in conversation.turns:
        after = turn.after.total_seconds() * chance.uniform(0.75, 1.3) + chance.randrange(1, 50)
        if _keeps_hours(turn, conversation):
            at = add_business(hours, at, int(after))
        else:
            at = (at + timedelta(seconds=after)).replace(microsecond=0)
            if conversation.channel != "chat" or turn.after > timedelta(hours=1):
                at = _awake(at, zone, chance)
        moments.append(at)
    return moments


def _keeps_hours(turn: Turn, conversation: Conversation) -> bool:
    """Whether a step waits for the company to be open: in a chat both sides are there, and emergencies do not wait."""
    return turn.who != CUSTOMER and conversation.channel != "chat" and conversation.priority != "urgent"


def _awake(at: datetime, zone: ZoneInfo, chance: Random) -> datetime:
    local = at.astimezone(zone)
    if local.hour in AWAKE:
        return at
    morning = local.replace(hour=AWAKE.start, minute=10, second=0) + timedelta(minutes=chance.randrange(150))
    if local.hour >= AWAKE.stop:
        morning += timedelta(days=1)
    return morning.astimezone(at.tzinfo) + timedelta(seconds=chance.randrange(60))
