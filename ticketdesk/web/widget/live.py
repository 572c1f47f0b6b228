"""The widget's socket: it rings when there is something new in the visitor's own talk, and says no more than that."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from simple_websocket import ConnectionClosed, Server

from ticketdesk.channels.chat import ringing, talk, visiting
from ticketdesk.channels.chat import widget as widgets
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live import streams
from ticketdesk.live.streams import Stream
from ticketdesk.web.live import GONE, TOO_SLOW, sock
from ticketdesk.web.widget.door import blueprint

LOOK_AGAIN = 5.0
"""Seconds after which rights are read again, bell or no bell (SECURITY R14)."""
FIRST_WORD = 10.0
"""Seconds in which the visitor must say who they are."""
LONGEST_SECRET = 100
TOO_MANY = 4429
"""The close code for whoever says more than there is to say; nothing but the first word is ever read."""
MOST_WORDS = 20
WINDOW = 10.0


@dataclass(slots=True)
class Told:
    """How far this browser was told that the talk has come."""

    seq: int = -1


@sock.route("/widget/<key>/live", bp=blueprint)  # type: ignore[untyped-decorator]  # flask-sock ships no types
def live(ws: Server, key: str) -> None:
    """Ring the bell of one visitor until they leave or their secret is good for nothing any more.

    It says `{"token": "<secret>"}` first; it hears `{"seq"}`: up to where the talk has come.
    """
    secret = _secret(ws.receive(timeout=FIRST_WORD))
    stream, told = Stream(), Told()
    switchboard = streams.switchboard()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind the proxy
    teller = threading.Thread(target=_tell, args=(app, ws, stream, key, secret, told), name="teller", daemon=True)
    words, since = 0, time.monotonic()
    try:
        while True:
            visitor = _known(key, secret)
            if visitor is None:
                ws.close(GONE)
                return
            switchboard.join(stream, ringing.topics(talk.tickets(visitor)))
            seq = talk.state(visitor).seq
            if visiting.seen(visitor.id, clock.now()):
                db.session.commit()
            db.session.remove()
            if seq != told.seq:  # also what rang in the moment before we listened
                told.seq = seq
                stream.tell({"seq": seq})
            if teller.ident is None:
                teller.start()
            until = time.monotonic() + LOOK_AGAIN
            while (rest := until - time.monotonic()) > 0 and not stream.dropped:
                if ws.receive(timeout=rest) is not None:
                    words += 1
                if words > MOST_WORDS:
                    ws.close(TOO_MANY)
                    return
                if time.monotonic() - since > WINDOW:
                    words, since = 0, time.monotonic()
            if stream.dropped:
                ws.close(TOO_SLOW)
                return
    except ConnectionClosed:
        pass
    finally:
        switchboard.leave(stream)
        stream.end()
        db.session.remove()
        if teller.ident is not None:  # it reads the database, so it shall not outlive its door
            teller.join(LOOK_AGAIN)


def _tell(app: Flask, ws: Server, stream: Stream, key: str, secret: str, told: Told) -> None:
    """Say after each ring how far the talk has come, as its own door would say it to this visitor."""
    while stream.rings.get() is not None:
        with app.app_context():
            visitor = _known(key, secret)
            seq = talk.state(visitor).seq if visitor is not None else None
        if seq is None:
            return
        told.seq = seq
        try:
            ws.send(json.dumps({"seq": seq}))
        except ConnectionClosed:
            return


def _known(key: str, secret: str) -> Visitor | None:
    widget = widgets.with_key(key)
    return visiting.find(widget, secret) if widget is not None else None


def _secret(word: Any) -> str:
    """The secret in the first word; anything else is none."""
    try:
        said = json.loads(word) if isinstance(word, str) else None
    except (ValueError, RecursionError):
        return ""
    found = said.get("token") if isinstance(said, dict) else None
    return found if isinstance(found, str) and len(found) <= LONGEST_SECRET else ""
