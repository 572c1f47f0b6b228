"""Watching mailboxes: one thread for each waits on an open line (IDLE) or asks again and again, and fetches at once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from flask import Flask, current_app
from imap_tools.mailbox import BaseMailBox
from sqlalchemy import select

from ticketdesk.channels.email import imap
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint

SECONDS_BETWEEN = 30.0
"""How often a mailbox is asked whose server cannot wait for us."""
LONGEST_IDLE = 25 * 60.0
"""Servers may hang up after half an hour of silence (RFC 2177)."""
LONGEST_REST = 5
"""After misses in a row the pause doubles so often at most: to sixteen minutes."""
MOST_FETCHES = 10
"""So many fetches in a row before we listen all the same: where mail comes that fast, the next is told of soon."""
GLANCE = 10.0
"""So often a thread that waits looks whether its mailbox has been changed."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a thread must know of its mailbox; when it changes, the thread begins anew."""

    source: tuple[object, ...]
    idles: bool
    misses: int


@dataclass
class Watch:
    """The threads of one process."""

    app: Flask
    stop: threading.Event = field(default_factory=threading.Event)
    threads: dict[int, threading.Thread] = field(default_factory=dict)

    def look(self) -> None:
        """See to it that every mailbox that is to be fetched has a living thread."""
        wanted = db.session.scalars(
            select(Mailbox.id).where(Mailbox.imap_host.is_not(None), Mailbox.disabled_at.is_(None))
        ).all()
        db.session.commit()
        for mailbox_id in wanted:
            thread = self.threads.get(mailbox_id)
            if thread is None or not thread.is_alive():
                made = threading.Thread(
                    target=_watch, args=(self.app, mailbox_id, self.stop), name=f"mailbox {mailbox_id}", daemon=True
                )
                self.threads[mailbox_id] = made
                made.start()


_watches: dict[int, Watch] = {}


def watch_all(now: datetime) -> None:
    """The periodic job: every mailbox is watched, each by itself, so that a slow server delays no other."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    _watches.setdefault(id(app), Watch(app)).look()


def _watch(app: Flask, mailbox_id: int, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not _round(app, mailbox_id, stop):
                return
        except Exception:  # the border of the thread: the periodic job begins another
            log.exception("mailbox not watched", mailbox=mailbox_id)
            return


def _round(app: Flask, mailbox_id: int, stop: threading.Event) -> bool:
    """Fetch, and wait until there may be more; False when the mailbox is watched no longer."""
    while _fetch(app, mailbox_id) and not stop.is_set():
        pass
    watched = _watched(app, mailbox_id)
    if watched is None:
        return False
    if watched.misses == 0 and watched.idles:
        try:
            if _listen(app, mailbox_id, watched, stop):
                return True
        except imap.Unreachable as error:
            log.info("line to the mailbox broke", mailbox=mailbox_id, error=str(error))
            # A server that always breaks off is asked in our own rhythm.
    pause = SECONDS_BETWEEN * 2 ** min(watched.misses, LONGEST_REST)
    _wait(pause, stop, lambda: _is_as_before(app, mailbox_id, watched))
    return True


def _listen(app: Flask, mailbox_id: int, watched: Watched, stop: threading.Event) -> bool:
    """Wait on an open line and fetch whenever something comes; False when the server cannot do that."""
    with app.app_context():
        source = imap.source_of(mailbox_id, clock.now())
    with imap.signed_in(source) as box:
        if "IDLE" not in box.client.capabilities:
            return False
        # What came between the last fetch and the opening of the folder is told of by nobody.
        _fetch_all(app, mailbox_id, box)
        until = time.monotonic() + LONGEST_IDLE
        while time.monotonic() < until and not stop.is_set() and _is_as_before(app, mailbox_id, watched):
            if _heard(box, until, lambda: not stop.is_set() and _is_as_before(app, mailbox_id, watched)):
                failpoint("idle")
                _fetch_all(app, mailbox_id, box)
    return True


def _fetch_all(app: Flask, mailbox_id: int, box: BaseMailBox) -> None:
    """Fetch until nothing came meanwhile.

    The server would tell of it in the same breath in which it lets us wait, and the library, which looks whether
    anything more arrives and not at what it has read already, would hear that minutes later.
    """
    for _ in range(MOST_FETCHES):
        box.client.response("EXISTS")  # what it told before the fetch
        while _fetch(app, mailbox_id):
            pass
        box.client.noop()
        if box.client.response("EXISTS")[1] == [None]:
            return


def _heard(box: BaseMailBox, until: float, goes_on: Callable[[], bool]) -> bool:
    """Whether the server tells of mails before it is time to ask anew."""
    box.idle.start()  # type: ignore[no-untyped-call]  # the library has no types here
    heard = False
    while not heard and time.monotonic() < until:
        began = time.monotonic()
        told = box.idle.poll(timeout=GLANCE)
        heard = any(line.upper().rstrip().endswith((b"EXISTS", b"RECENT")) for line in told)
        # Nothing, but at once: the line is cut, as its end will tell.
        if (not told and time.monotonic() - began < GLANCE / 2) or not goes_on():
            break
    box.idle.stop()  # type: ignore[no-untyped-call]
    return heard


def _fetch(app: Flask, mailbox_id: int) -> bool:
    """Read a round of what waits; whether there may be more of it, which no server will tell of."""
    with app.app_context():
        return imap.fetch(mailbox_id, clock.now()).more


def _watched(app: Flask, mailbox_id: int) -> Watched | None:
    with app.app_context():
        mailbox = db.session.get(Mailbox, mailbox_id)
        if mailbox is None or mailbox.imap_host is None or mailbox.disabled_at is not None:
            return None
        source = (
            mailbox.imap_host, mailbox.imap_port, mailbox.imap_security, mailbox.imap_user, mailbox.imap_password,
            mailbox.imap_folder, mailbox.after_fetch, mailbox.after_folder, mailbox.oauth_provider,
        )  # fmt: skip
        return Watched(source, mailbox.idles, mailbox.fetch_misses)


def _is_as_before(app: Flask, mailbox_id: int, watched: Watched) -> bool:
    return _watched(app, mailbox_id) == watched


def _wait(seconds: float, stop: threading.Event, goes_on: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, GLANCE)) and goes_on():
        pass
