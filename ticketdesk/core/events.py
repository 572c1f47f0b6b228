"""How one change leads to the next: listeners that run at once, and listeners that run soon."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import event as happening
from sqlalchemy.orm import Session

from ticketdesk.core import outbox
from ticketdesk.core.db import db

TASK = "tell"


class Told(Protocol):
    """What is published: a row that says what happened and when."""

    id: Any
    kind: Any
    at: Any


Listener = Callable[[Any], None]
"""Is called with the published event, inside a transaction that it must not end."""

SoonListener = Callable[[Any, datetime], None]
"""Is called with the event and the present moment, in a transaction of its own savepoint."""

_now: dict[str, tuple[Listener, ...]] = {}
_soon: dict[str, tuple[SoonListener, ...]] = {}
_first: set[SoonListener] = set()
_PLACE = "soon"


@dataclass(slots=True)
class _Row:
    """Events of one subject that are told together, as the transaction has heard them so far."""

    event_ids: list[int]
    due_at: datetime


def connect(
    now: Mapping[str, Sequence[Listener]],
    soon: Mapping[str, Sequence[SoonListener]],
    first: Collection[SoonListener] = (),
) -> None:
    """Switch on who listens to what; called once, by the app factory, with the tables of wiring.

    Listeners of soon in `first` take locks that must come before all others, so nothing is told before them in their
    transaction.
    """
    _now.clear()
    _soon.clear()
    _first.clear()
    _now.update({kind: tuple(listeners) for kind, listeners in now.items()})
    _soon.update({kind: tuple(listeners) for kind, listeners in soon.items()})
    _first.update(first)


def publish(event: Told, subject: int) -> None:
    """Tell the listeners of now, in order, and see to it that those of soon are told.

    Events of one subject that happen in one transaction are told in one go, which costs little more than telling one.
    """
    for listener in _now.get(event.kind, ()):
        listener(event)
    listeners = _soon.get(event.kind)
    if listeners is None:
        return
    if db.session().in_nested_transaction():  # what it writes may be undone without the rest
        _leave(_Row([event.id], event.at))
        return
    rows: dict[int, list[_Row]] = db.session.info.setdefault(_PLACE, {})
    of_subject = rows.setdefault(subject, [])
    if not of_subject or not _first.isdisjoint(listeners):
        of_subject.append(_Row([event.id], event.at))
    else:
        of_subject[-1].event_ids.append(event.id)
        of_subject[-1].due_at = min(of_subject[-1].due_at, event.at)


def _leave(row: _Row) -> None:
    outbox.add(TASK, {"event_ids": row.event_ids}, due_at=row.due_at)


@happening.listens_for(Session, "before_commit")
def leave_rows(session: Session) -> None:
    """Leave the work of telling what this transaction has published so far; a commit does it by itself."""
    if session.in_nested_transaction():
        return
    rows: dict[int, list[_Row]] = session.info.pop(_PLACE, {})
    for row in sorted((row for of_subject in rows.values() for row in of_subject), key=lambda row: row.event_ids[0]):
        _leave(row)


@happening.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_PLACE, None)


def tell_soon(heard: Sequence[Told], told: Sequence[str], now: datetime) -> list[str]:
    """Tell the listeners of soon of these events, but for what is in `told`; returns all that has been told.

    All of it is one savepoint. When a listener raises, that is undone and everyone is told in a savepoint of their
    own, so that the one who raises undoes nobody else's work; then the errors are raised as TellFailed, carrying who
    has been told, so that a retry calls only the rest. One that is alone needs no savepoint: its error goes on as it
    is, and nothing else is undone with it.
    """
    left = [(name, listener, event) for name, listener, event in _calls(heard) if name not in told]
    if len(left) == 1:
        ((name, listener, event),) = left
        listener(event, now)
        return [*told, name]
    try:
        with db.session.begin_nested():
            for _, listener, event in left:
                listener(event, now)
    except Exception:  # noqa: BLE001  # a border: who raised is found out below
        return _tell_apart(left, told, now)
    return [*told, *(name for name, _, _ in left)]


def _calls(heard: Sequence[Told]) -> Iterator[tuple[str, SoonListener, Told]]:
    """Who is told of what, in order, each call with a name of its own."""
    for event in heard:
        for listener in _soon.get(event.kind, ()):
            yield f"{event.id}:{listener.__module__}.{listener.__name__}", listener, event


def _tell_apart(left: Sequence[tuple[str, SoonListener, Told]], told: Sequence[str], now: datetime) -> list[str]:
    done = list(told)
    failed: list[tuple[str, Exception]] = []
    for name, listener, event in left:
        try:
            with db.session.begin_nested():
                listener(event, now)
        except Exception as error:  # noqa: BLE001  # a border: one broken listener must not silence the others
            failed.append((name, error))
        else:
            done.append(name)
    if failed:
        raise TellFailed(done, failed)
    return done


class TellFailed(Exception):
    """Some listeners raised; `told` names those that did their work."""

    def __init__(self, told: list[str], failed: list[tuple[str, Exception]]) -> None:
        super().__init__("; ".join(f"{name}: {type(error).__name__}: {error}" for name, error in failed))
        self.told = told
        self.failed = failed
