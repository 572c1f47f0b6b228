"""The socket of the desk: it rings when something is new, and the page fetches it by the ordinary way."""

import json
import threading
from typing import Any

from flask import Flask, Request, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, Forbidden

from ticketdesk.accounts import availability, sessions
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.live import streams
from ticketdesk.live.streams import Stream
from ticketdesk.tickets import visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import auth, csrf

LOOK_AGAIN = 5.0
"""Seconds after which rights are read again, bell or no bell (SECURITY R14)."""
LONGEST_WORD = 200
MOST_WATCHED = 8
GONE = 4401
"""The close code that tells a page to sign in again; codes from 4000 on are ours to choose (RFC 6455, 7.4.2)."""
TOO_SLOW = 4408
HEARTBEAT = 30.0
"""Seconds between signs of life; three may be missed (SEMANTICS 5: 90 s)."""

sock = Sock()


def register(app: Flask) -> None:
    """Open the socket."""
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": 25, "max_message_size": LONGEST_WORD}
    app.before_request(_refuse_foreign_socket)
    sock.init_app(app)


@sock.route("/desk/live")  # type: ignore[untyped-decorator]  # flask-sock ships no types
def live(ws: Server) -> None:
    """Ring the bells of one browser until it leaves or loses its right to hear.

    It says `{"watch": ["<reference>", …]}` for the tickets it shows; it hears `{"topic", "seq"}`.
    """
    secret = request.cookies.get(auth.cookie_name(), "")
    stream, watched = Stream(), tuple[str, ...]()
    switchboard = streams.switchboard()
    teller = threading.Thread(target=_tell, args=(ws, stream), name="teller", daemon=True)
    heard_at = 0.0
    try:
        while True:
            agent = _still_signed_in(secret)
            if agent is None:
                ws.close(GONE, "signed out")
                return
            switchboard.join(stream, _topics(agent, watched))
            heard_at = _sign_of_life(agent, heard_at)
            db.session.remove()
            if not teller.is_alive():
                teller.start()
            word = ws.receive(timeout=LOOK_AGAIN)
            if word is not None:
                watched = _understood(word, watched)
            if stream.dropped:
                ws.close(TOO_SLOW, "too slow")
                return
    except ConnectionClosed:
        pass
    finally:
        switchboard.leave(stream)
        stream.end()
        db.session.remove()


def _tell(ws: Server, stream: Stream) -> None:
    while (ring := stream.rings.get()) is not None:
        try:
            ws.send(json.dumps(ring))
        except ConnectionClosed:
            return


def _still_signed_in(secret: str) -> Agent | None:
    found = sessions.find(secret, clock.now())
    return found[1] if found is not None else None


def _topics(agent: Agent, watched: tuple[str, ...]) -> frozenset[str]:
    """What this agent may hear: their own bell, their queues', and the watched tickets that they may see."""
    queues = db.session.scalars(visibility.visible_queues(agent).with_only_columns(Queue.id)).all()
    topics = {f"agent:{agent.id}", *(f"queue:{queue_id}" for queue_id in queues)}
    if watched:
        seen = select(Ticket.reference).where(visibility.sees(agent), Ticket.reference.in_(watched))
        topics.update(f"ticket:{reference}" for reference in db.session.scalars(seen))
    return frozenset(topics)


def _understood(word: Any, before: tuple[str, ...]) -> tuple[str, ...]:
    """The tickets a page says it shows; a word that makes no sense changes nothing."""
    try:
        said = json.loads(word)
    except ValueError:
        return before
    watch = said.get("watch") if isinstance(said, dict) else None
    if not isinstance(watch, list) or not all(isinstance(one, str) and len(one) <= 64 for one in watch):
        return before
    return tuple(watch[:MOST_WATCHED])


def _sign_of_life(agent: Agent, heard_at: float) -> float:
    now = clock.now()
    if now.timestamp() - heard_at < HEARTBEAT:
        return heard_at
    availability.heartbeat(agent, now)
    db.session.commit()
    return now.timestamp()


def _refuse_foreign_socket() -> None:
    """A socket carries cookies from wherever it is opened, so its origin must be ours (SECURITY R15)."""
    if request.url_rule is not None and request.url_rule.websocket and not _is_socket(request):
        raise BadRequest("Only a socket can be opened here.")
    if _is_socket(request) and not csrf.is_ours(request.headers.get("Origin", "")):
        raise Forbidden("This socket was opened by another site.")


def _is_socket(asked: Request) -> bool:
    return asked.headers.get("Upgrade", "").lower() == "websocket"
