"""Widgets are made, set up in another way, and taken out of use."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import origins, topics
from ticketdesk.channels.chat.widget import ASKING, POSITIONS, Widget
from ticketdesk.core import audit, rows, tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.catalogues import OFFERED
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.queue import Queue

LONGEST_NAME = 80
LONGEST_TITLE = 60
LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Setup:
    """How a widget looks, what it asks, and where it may stand."""

    name: str
    brand_id: int
    queue_id: int
    origins: tuple[str, ...] = ()
    title: str = ""
    greeting: str = ""
    away_text: str = ""
    ask_name: str = "optional"
    ask_email: str = "optional"
    position: str = "right"
    topics: tuple[str, ...] = ()  # lines as `topics.understood` reads them
    locale: str = ""
    shows_typing_words: bool = False
    signed_only: bool = False
    trusts_email: bool = False


def create(setup: Setup, by: Actor, at: datetime) -> Widget:
    """A new widget in use, under a key of its own; raises Invalid."""
    widget = Widget(key=tokens.reference(), enabled=True, created_at=at)
    _apply(widget, setup)
    db.session.add(widget)
    db.session.flush()
    audit.note("widget_created", "widget", widget.id, by, at)
    return widget


def change(widget: Widget, setup: Setup, by: Actor, at: datetime) -> None:
    """Set a widget up in another way; open talks go on. Raises Invalid."""
    widget = _lock(widget.id)
    changed = _apply(widget, setup)
    if changed:
        audit.note("widget_changed", "widget", widget.id, by, at, {"changed": changed})


def disable(widget: Widget, by: Actor, at: datetime) -> None:
    """Show it nowhere any more; what was written there stays, and answers go by mail where an address is known."""
    widget = _lock(widget.id)
    if widget.enabled:
        widget.enabled = False
        audit.note("widget_disabled", "widget", widget.id, by, at)


def enable(widget: Widget, by: Actor, at: datetime) -> None:
    """Show it again where it stood."""
    widget = _lock(widget.id)
    if not widget.enabled:
        widget.enabled = True
        audit.note("widget_enabled", "widget", widget.id, by, at)


def _lock(widget_id: int) -> Widget:
    return rows.held(Widget, widget_id)


def _apply(widget: Widget, setup: Setup) -> list[str]:
    """Write the settings; returns the names of those that changed."""
    return rows.apply(widget, _checked(setup))


def _checked(setup: Setup) -> dict[str, object]:
    name = _line(setup.name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give it a name of at most {LONGEST_NAME} letters.", "name")
    if db.session.get(Brand, setup.brand_id) is None:
        raise Invalid("There is no such brand.", "brand_id")
    queue = db.session.get(Queue, setup.queue_id)
    if queue is None or queue.archived_at is not None:
        raise Invalid("There is no such queue.", "queue_id")
    if setup.ask_name not in ASKING:
        raise Invalid("Choose one of those offered.", "ask_name")
    if setup.ask_email not in ASKING:
        raise Invalid("Choose one of those offered.", "ask_email")
    if setup.position not in POSITIONS:
        raise Invalid("Choose one of those offered.", "position")
    if setup.locale and setup.locale not in OFFERED:
        raise Invalid("Choose one of those offered.", "locale")
    texts = {"title": _line(setup.title), "greeting": setup.greeting.strip(), "away_text": setup.away_text.strip()}
    for field, longest in (("title", LONGEST_TITLE), ("greeting", LONGEST_TEXT), ("away_text", LONGEST_TEXT)):
        if len(texts[field]) > longest:
            raise Invalid(f"At most {longest} letters, please.", field)
    return {
        "name": name,
        "brand_id": setup.brand_id,
        "queue_id": setup.queue_id,
        "origins": origins.understood(setup.origins),
        **texts,
        "ask_name": setup.ask_name,
        "ask_email": setup.ask_email,
        "position": setup.position,
        "locale": setup.locale,
        "shows_typing_words": setup.shows_typing_words,
        "signed_only": setup.signed_only,
        "trusts_email": setup.trusts_email,
        "topics": topics.understood(setup.topics),
    }


def _line(text: str) -> str:
    return " ".join(text.split())
