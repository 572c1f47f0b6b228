"""The conversation of one ticket as the desk shows it: days, letters, notes, and what happened between them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Select, bindparam, exists, select

from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web import formatting
from ticketdesk.web.desk import door, happenings, letters
from ticketdesk.web.desk.letters import Letter
from ticketdesk.web.desk.names import Names
from ticketdesk.web.texts import _

PAGE = 40
"""Letters shown at first; older ones on demand."""
MANY_EVENTS = 400
BEGINNING, ENDLESS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fold:
    """What happened between two letters."""

    happenings: list[happenings.Happening]
    entry: Literal["fold"] = "fold"

    @property
    def seq(self) -> int:
        """The number of its last event."""
        return self.happenings[-1].seq


@dataclass(frozen=True, slots=True)
class Talk:
    """Chat messages that follow each other, as bubbles."""

    letters: list[Letter]
    entry: Literal["talk"] = "talk"

    @property
    def who(self) -> Letter:
        """Whose picture stands beside them: the customer's, else the first author's."""
        return next((letter for letter in self.letters if letter.look == "in"), self.letters[0])


@dataclass(frozen=True, slots=True)
class Day:
    """A new day begins."""

    at: datetime
    entry: Literal["day"] = "day"


Entry = Letter | Talk | Fold | Day


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some entries in order; `before` is the oldest letter when there are older ones, `seq` the newest event.

    `is_whole` says of news that letters came or went in between, so that the page must show all of it anew.
    """

    entries: list[Entry] = field(default_factory=list)
    before: int | None = None
    seq: int = 0
    is_whole: bool = False

    def returns_to(self, agent_id: int) -> bool:
        """Whether a reply of this agent has become a draft again in these entries."""
        folds = [entry for entry in self.entries if isinstance(entry, Fold)]
        return any(happening.returned_to == agent_id for fold in folds for happening in fold.happenings)


def newest(ticket: Ticket, names: Names, before: int | None = None) -> Conversation:
    """The newest letters by the time at which they were written, or those before one, with what happened meanwhile.

    What comes while it is read is left for the next look, which else would bring it again.
    """
    wanted: dict[str, Any] = {"ticket_id": ticket.id, "end": ticket.last_seq, "before": before}
    until = wanted["at"] = ENDLESS if before is None else _written_at(ticket, before)
    rows = db.session.execute(letters.newest(door.me().id, PAGE + 1, is_older=before is not None), wanted).all()
    has_more, rows = len(rows) > PAGE, list(reversed(rows[:PAGE]))
    span = {"since": rows[0].written_at if has_more else BEGINNING, "until": until}
    told = db.session.scalars(_TOLD_BETWEEN, wanted | span).all()
    entries = _woven([letters.of_row(row) for row in rows], _happenings(reversed(told), names))
    return Conversation(entries, rows[0].id if has_more else None, ticket.last_seq)


def since(ticket: Ticket, names: Names, after: int) -> Conversation:
    """What came after an event that the reader has already; no day is repeated for it.

    Where tickets became one or two meanwhile, or a reply was taken back, letters came or went in between: then it is
    all of it anew, as where more came than a page shows.
    """
    news = _news(ticket, after)
    told = db.session.scalars(_TOLD_SINCE, news).all()
    rows = db.session.execute(letters.since(door.me().id, PAGE), news).all()
    if len(rows) == PAGE or any(event.kind in happenings.ANEW for event in told):
        return replace(newest(ticket, names), is_whole=True)
    entries = _woven([letters.of_row(row) for row in rows], _happenings(told, names), is_news=True)
    return Conversation(entries, None, ticket.last_seq)


def words_since(ticket: Ticket, after: int) -> Conversation | None:
    """The same where nothing but letters came, as in most of a chat; None where anything else happened too."""
    news = _news(ticket, after)
    rows = db.session.execute(_words(door.me().id), news).all()
    is_more = rows[0].is_more if rows else db.session.scalar(_IS_MORE, news)
    if is_more or len(rows) == PAGE:
        return None
    return Conversation(_woven([letters.of_row(row) for row in rows], [], is_news=True), None, ticket.last_seq)


def _news(ticket: Ticket, after: int) -> dict[str, int]:
    return {"ticket_id": ticket.id, "after": after, "end": ticket.last_seq}


def _written_at(ticket: Ticket, message_id: int) -> datetime:
    """The time of a letter of this ticket; raises Invalid for one that does not stand here."""
    found = db.session.scalar(
        select(Placement.written_at).where(
            Placement.message_id == message_id, Placement.ticket_id == ticket.id, Placement.ended_at.is_(None)
        )
    )
    if found is None:
        raise Invalid(_("This is not a place in a conversation."))
    return found


def _happenings(events: Iterable[Event], names: Names) -> list[happenings.Happening]:
    return [happenings.tell(event, names) for event in events]


def _woven(written: list[Letter], told: list[happenings.Happening], *, is_news: bool = False) -> list[Entry]:
    """Letters and happenings by their time, with a heading for each day; side by side happenings are folded into one.

    News come in the order of their numbers, under the day that stands there already, each chat message alone.
    """
    entries: list[Entry] = []
    day: date | None = None
    items: list[Letter | happenings.Happening] = [*written, *told]
    for item in sorted(items, key=lambda item: (item.seq,) if is_news else (item.at, item.seq)):
        today = formatting.local(item.at).date()
        if not is_news and today != day:
            entries.append(Day(item.at))
        day = today
        last = entries[-1] if entries else None
        if isinstance(item, Letter):
            if item.is_talk and isinstance(last, Talk) and not is_news:
                last.letters.append(item)
            else:
                entries.append(Talk([item]) if item.is_talk else item)
        elif isinstance(last, Fold) and item.source is None and last.happenings[-1].source is None:
            last.happenings.append(item)
        else:
            entries.append(Fold([item]))
    return entries


_MEANWHILE = (
    Event.ticket_id == bindparam("ticket_id"),
    Event.seq > bindparam("after"),
    Event.seq <= bindparam("end"),
    Event.kind.in_(happenings.KINDS),
)
_TOLD_SINCE = select(Event).where(*_MEANWHILE).order_by(Event.seq).limit(MANY_EVENTS)
_IS_MORE = select(exists().where(*_MEANWHILE))


@lru_cache(maxsize=500)
def _words(agent_id: int) -> Select[Any]:
    """What came, and beside it whether anything else happened; built once for each who asks."""
    return letters.since(agent_id, PAGE).add_columns(_IS_MORE.scalar_subquery().label("is_more"))


_TOLD_BETWEEN = (
    select(Event)
    .where(
        Event.ticket_id == bindparam("ticket_id"),
        Event.seq <= bindparam("end"),
        Event.kind.in_(happenings.KINDS),
        Event.at >= bindparam("since"),
        Event.at < bindparam("until"),
    )
    .order_by(Event.at.desc(), Event.seq.desc())
    .limit(MANY_EVENTS)
)
