"""How many tickets each saved view has for whoever looks: counted up to a thousand, and kept for seconds in Redis."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.live import shelf
from ticketdesk.tickets import saved_view_conditions, saved_views, visibility
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.saved_view_conditions import Asker

MOST = 1_000
"""Nothing is counted beyond; it is shown as "999+"."""
KEPT_S = 5
"""No longer than rights that were taken away may be seen (SECURITY R14)."""
AT_ONCE = 20
"""Views that one question counts; those beyond are counted for the next page."""
PATIENCE_MS = 300

ALONE, ALONE_S = "alone", 600
"""Was among views that took too long together: from now on it is asked by itself, so that it spoils no others."""
UNKNOWN, UNKNOWN_S = "unknown", 300
"""Took too long by itself: it is left alone for a while and shows no count."""


def of(views: Sequence[SavedView], agent: Agent, now: datetime) -> dict[int, int]:
    """The counts that are known, by the views' ids; at most one question to the database, bounded in time.

    While Redis is away there are none: every page would have to count anew.
    """
    kept = _read(views, agent)
    if kept is None:
        return {}
    fresh = [view for view in views if kept[view.id] is None]
    alone = [view for view in views if kept[view.id] == ALONE]
    counted = _counted(fresh[:AT_ONCE] or alone[:1], agent, now)
    known = {key: int(told) for key, told in kept.items() if told is not None and told.isdecimal()}
    return known | counted


def _counted(views: Sequence[SavedView], agent: Agent, now: datetime) -> dict[int, int]:
    if not views:
        return {}
    wanted = {view.id: saved_views.wanted(view) for view in views}
    try:
        with bounded(PATIENCE_MS):
            counted = saved_view_conditions.count(wanted, Asker(visibility.reader(agent), now), MOST)
    except TooSlow:
        mark, seconds = (UNKNOWN, UNKNOWN_S) if len(views) == 1 else (ALONE, ALONE_S)
        _keep(views, agent, dict.fromkeys(wanted, mark), seconds)
        return {}
    _keep(views, agent, {key: str(count) for key, count in counted.items()}, KEPT_S)
    return counted


def _read(views: Sequence[SavedView], agent: Agent) -> dict[int, str | None] | None:
    if not views:
        return {}
    answers = shelf.ask(lambda pipe: pipe.mget([_key(view, agent) for view in views]))
    if answers is None:
        return None
    told = (None if answer is None else shelf.text(answer) for answer in answers[0])
    return dict(zip((view.id for view in views), told, strict=True))


def _keep(views: Sequence[SavedView], agent: Agent, told: Mapping[int, str], seconds: int) -> None:
    def put(pipe: Any) -> None:
        for view in views:
            pipe.set(_key(view, agent), told[view.id], ex=seconds)

    shelf.ask(put)


def _key(view: SavedView, agent: Agent) -> str:
    """What was counted holds for this reader, and until the view changes."""
    return f"ticketdesk:view-count:{view.id}:{view.changed_at.timestamp()}:{agent.id}"
