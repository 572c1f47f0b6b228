"""How one change leads to the next: listeners that run at once, and listeners that run soon."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ticketdesk.core import outbox
from ticketdesk.core.db import db


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


def connect(now: Mapping[str, Sequence[Listener]], soon: Mapping[str, Sequence[SoonListener]]) -> None:
    """Switch on who listens to what; called once, by the app factory, with the two tables of wiring."""
    _now.clear()
    _soon.clear()
    _now.update({kind: tuple(listeners) for kind, listeners in now.items()})
    _soon.update({kind: tuple(listeners) for kind, listeners in soon.items()})


def publish(event: Told) -> None:
    """Tell the listeners of now, in order, and leave a row for those of soon."""
    for listener in _now.get(event.kind, ()):
        listener(event)
    if event.kind in _soon:
        outbox.add("tell", {"event_id": event.id}, due_at=event.at)


def tell_soon(event: Told, told: list[str], now: datetime) -> list[str]:
    """Tell the listeners of soon that are not in `told`, each in a savepoint; returns all that have been told.

    A listener that raises undoes only its own savepoint; the others are told, then the errors are raised as TellFailed
    carrying who has been told, so that a retry calls only the rest. One that is alone needs no savepoint: its error
    goes on as it is, and nothing else is undone with it.
    """
    done = list(told)
    failed: list[tuple[str, Exception]] = []
    left = {f"{listener.__module__}.{listener.__name__}": listener for listener in _soon.get(event.kind, ())}
    left = {name: listener for name, listener in left.items() if name not in done}
    if len(left) == 1:
        ((name, listener),) = left.items()
        listener(event, now)
        return [*done, name]
    for name, listener in left.items():
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
