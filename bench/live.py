"""What thousands of open browsers cost, and how soon each of them knows: sockets, the bell, lists, chats."""

import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import live_people, live_size
from bench.live_people import Cast
from bench.live_size import Size
from bench.place import ROOT, Place
from bench.serving import HOST, PATIENCE, PROCESSES, serving
from bench.spent import held as memory
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import noting, receiving
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

SPARE = 300
"""Open files that a process needs beside its sockets."""
BELL_PAUSE = 0.25
CHANGE_PAUSE = 1.0
CHAT_PAUSE = 2.0
WARM_UP = 20.0
"""Seconds for which chats go on before they are measured: they begin one after the other, as people come, and each
process does everything for the first time once."""


def run(place: Place, size: Size | None = None) -> None:
    """Measure all of it, on two web processes and a worker as the supervisor starts them."""
    size = _within_limits(place, size or live_size.size())
    with place.app().app_context():
        place.say("live: making people …")
        cast = live_people.cast(size)
    with serving(place) as (port, web), _load(place, cast, port) as ask:
        _holding(place, size, web, ask)
        with place.app().app_context():
            _ringing(place, size, cast, ask)
            _listing(place, size, cast, ask)
        _chatting(place, size, ask)
        held = ask(do="held")
        place.say(f"live: {held['agents'] + held['visitors']:,} are still connected at the end")


def _within_limits(place: Place, size: Size) -> Size:
    """As many connections as this system lets one process open; said plainly where that is fewer."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = hard - SPARE - 4 * size.chats - 2 * size.desks
    if size.connections <= most:
        return size
    place.say(f"live: a process may open {hard:,} files here (ulimit -Hn), so {most:,} connections, not more")
    return Size(**{name: getattr(size, name) for name in Size.__slots__ if name != "connections"}, connections=most)


def _holding(place: Place, size: Size, web: subprocess.Popen[bytes], ask: "Ask") -> None:
    ask(do="warm", count=min(100, size.connections // 4))
    time.sleep(2)
    before = memory(web.pid)
    place.say(f"live: {size.connections:,} connect …")
    held = ask(do="hold")
    time.sleep(6)  # every right was read once more
    after = memory(web.pid)
    held |= ask(do="held")
    count = held["agents"] + held["visitors"]
    place.tell(
        "live_connections",
        count,
        "connections",
        size.connections,
        processes=PROCESSES,
        agents=held["agents"],
        visitors=held["visitors"],
        seconds_to_connect=round(held["seconds"], 1),
    )
    grown = (after - before) / max(1, count)
    place.tell("live_connection_kib", grown, "KiB", count, before_kib=before, after_kib=after)


def _ringing(place: Place, size: Size, cast: Cast, ask: "Ask") -> None:
    """Notes in a ticket that many have open."""
    watching = ask(do="watch", count=min(size.watchers, size.agents))["watching"]
    place.say(f"live: {size.bells} commits, {watching} watchers …")
    writer = db.session.query(Agent).filter(Agent.email == "idle-0@desk.example").one().id
    commits: dict[int, float] = {}
    for number in range(size.bells):
        ticket = db.session.get_one(Ticket, cast.watched)
        noting.note(ticket, db.session.get_one(Agent, writer), f"note {number}", at=datetime.now(UTC))
        seq, began = ticket.last_seq, time.monotonic()
        db.session.commit()
        commits[seq] = began
        time.sleep(BELL_PAUSE)
    found = ask(do="bell", commits=commits)
    more = {"watchers": watching, "processes": PROCESSES, "missing": found["missing"]}
    place.tell("live_bell_p50_ms", found["p50"], "ms", found["n"], **more)
    place.tell("live_bell_p99_ms", found["p99"], "ms", found["n"], **more)


def _listing(place: Place, size: Size, cast: Cast, ask: "Ask") -> None:
    """Customers write into tickets of a list that many desks show."""
    desks = ask(do="show")["desks"]
    place.say(f"live: {size.changes} changed rows, {desks} desks …")
    customer = live_people.customer().id
    changes: dict[str, float] = {}
    for number in range(size.changes):
        ticket = db.session.get_one(Ticket, cast.rows[number % len(cast.rows)])
        identity = db.session.get_one(live_people.Identity, customer)
        marker = f"change-{number}-"
        receiving.receive(ticket, identity, Letter(channel="email", text=marker), datetime.now(UTC))
        began = time.monotonic()
        db.session.commit()
        changes[marker] = began
        time.sleep(CHANGE_PAUSE)
    found = ask(do="rows", changes=changes)
    more = {"desks": desks, "missing": found["missing"], "fetches": found["asked"]}
    place.tell("live_list_p50_ms", found["p50"], "ms", found["n"], **more)
    place.tell("live_list_p95_ms", found["p95"], "ms", found["n"], **more)


def _chatting(place: Place, size: Size, ask: "Ask") -> None:
    place.say(f"live: {size.chats} chats for {size.seconds:.0f} s …")
    found = ask(do="chat", seconds=size.seconds, pause=CHAT_PAUSE, warm_up=WARM_UP)
    more = {
        "chats": size.chats,
        "per_s": round(found["per_s"], 1),
        "said": found["said"],
        "refused": found["refused"],
        "post_p50_ms": round(found["post"]["p50"], 1),
        "post_p99_ms": round(found["post"]["p99"], 1),
    }
    place.tell("live_chat_p50_ms", found["p50"], "ms", found["n"], **more)
    place.tell("live_chat_p99_ms", found["p99"], "ms", found["n"], **more)
    place.tell("live_lost", found["lost"], "messages", found["said"])
    place.tell("live_doubled", found["doubled"], "messages", found["said"])
    place.tell("live_out_of_order", found["out_of_order"], "messages", found["said"])


class Ask:
    """Has the load's process do something, and waits for what it found."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """It is ready when it is started."""
        self.process = process

    def __call__(self, **what: object) -> dict[str, Any]:
        """One question; raises RuntimeError when the process has gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load's process ended while it did {what['do']!r}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def _load(place: Place, cast: Cast, port: int) -> Iterator[Ask]:
    path: Path = place.folder / "cast.json"
    server = {"port": port, "host": HOST, "origin": f"https://{HOST}"}
    path.write_text(json.dumps({"server": server, "cast": cast.said()}))
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.live_load", str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Ask(process)
    finally:
        process.kill()
        process.wait(PATIENCE)
