"""What an agent waits for: lists, tickets, searches and answers, with few tickets and with a million."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from bench import desk_town, start
from bench.desk_town import Town
from bench.place import Place, own_place, percentile, postmaster
from bench.serving import HOST, serving
from bench.spent import held, spent
from ticketdesk.core import clock
from ticketdesk.core.db import db

SIZES = (10_000, 1_000_000)
RUNS = 100
WARMING = 15
CLIENTS = 8
LASTS = 10.0
"""Seconds for which all clients ask together."""
FORMS = 160
"""Filled in by all clients; each was open for longer than a machine needs."""
OPEN_FOR = 2.5
KEPT = 2.0
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAME, VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')
TOKEN = re.compile(r'name="csrf-token"[^>]*content="([^"]+)"')
END = re.compile(r'id="end"[^>]*data-seq="(\d+)"')


def run(_place: Place, sizes: Sequence[int] = SIZES) -> None:
    """Measure everything at each size, on two web processes and a worker in production's settings.

    On servers of its own: no other benchmark's tickets are among those that are counted here.
    """
    with own_place() as own:
        _run(own, sizes)


def _run(place: Place, sizes: Sequence[int]) -> None:
    with place.app().app_context():
        town = desk_town.found(clock.now() - timedelta(hours=1))
        rounds = 0
        for tickets in sizes:
            place.say(f"desk: {tickets:,} tickets …")
            began = time.perf_counter()
            rounds = desk_town.grow(town, rounds, tickets)
            place.say(f"desk: made in {time.perf_counter() - began:.0f} s")
            numbers = db.session.scalars(
                text(
                    "SELECT number FROM tickets WHERE queue_id = ANY(:queues) AND category <> 'closed' "
                    "AND message_count = 3 AND number > :copies ORDER BY md5(number::text) LIMIT 500"
                ),
                {"queues": list(town.queues), "copies": desk_town.COPIES},
            ).all()
            db.session.rollback()
            with serving(place) as (port, web):
                Measuring(place, town, tickets, port, web, [int(number) for number in numbers]).everything()
            _memory(place, tickets)


def _memory(place: Place, tickets: int) -> None:
    """What all processes of the product hold together after some work, without the servers of data."""
    servers = {name: place.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
    with start.running(start.checkout(place), servers) as (port, supervisor):
        for _ in range(WARMING):
            for path in ("/", "/sign-in", f"/forms/{desk_town.SLUG}"):
                Line(port).ask(path, Host=f"127.0.0.1:{port}")
        place.tell("memory_pss_mib", held(supervisor) / 1024, "MiB", 1, tickets=tickets)


class Line:
    """One browser: a connection that stays, from an address of its own."""

    addresses = count(2)

    def __init__(self, port: int, cookie: str = "") -> None:
        """Nothing is asked yet."""
        number = next(self.addresses)
        self._line = HTTPConnection("127.0.0.1", port, 60, (f"127.1.{number // 250}.{number % 250 + 1}", 0))
        self._asked = 0.0
        self.headers = {"Host": HOST, "Origin": f"https://{HOST}"} | ({"Cookie": cookie} if cookie else {})

    def ask(self, path: str, fields: Sequence[tuple[str, str]] | None = None, **more: str) -> str:
        """The body of an answer; raises RuntimeError for one that is none."""
        body = None if fields is None else urlencode(fields)
        form = {} if fields is None else {"Content-Type": "application/x-www-form-urlencoded"}
        if time.monotonic() - self._asked > KEPT:  # the server hangs up on whoever is silent for longer
            self._line.close()
        self._line.request("GET" if fields is None else "POST", path, body, {**self.headers, **form, **more})
        answer = self._line.getresponse()
        self._asked = time.monotonic()
        page = answer.read().decode()
        if answer.status not in (200, 201, 303):
            raise RuntimeError(f"{path} was answered {answer.status}: {page[:300]}")
        session = answer.headers.get("Set-Cookie", "").split(";")[0]
        if session:
            known = [one for one in self.headers.get("Cookie", "").split("; ") if one and one[:8] != session[:8]]
            self.headers["Cookie"] = "; ".join([*known, session])
        return page


class Measuring:
    """All that is measured over one town at one size."""

    def __init__(
        self,
        place: Place,
        town: Town,
        tickets: int,
        port: int,
        web: subprocess.Popen[bytes],
        numbers: Sequence[int],
    ) -> None:
        """It is served already."""
        self.place, self.town, self.tickets, self.port = place, town, tickets, port
        self.processes = (web.pid, postmaster(place))
        self.numbers = numbers
        self.line = Line(port, town.cookie)

    def everything(self) -> None:
        """One after the other, what changes nothing first."""
        queue, many = self.town.queues[0], self.numbers
        cost = self._pages("queue_page", lambda _: f"/desk/views/queue-{queue}")
        self._tell("queue_page_cpu_ms", cost, "ms", RUNS)
        self._tell("queue_page_rps", self._together(f"/desk/views/queue-{queue}"), "1/s", CLIENTS)
        self._pages("saved_view", lambda _: f"/desk/views/view-{self.town.view}")
        self._pages("ticket_3", lambda run: f"/desk/tickets/{many[run % len(many)]}?in=queue-{queue}")
        self._pages("ticket_200", lambda _: f"/desk/tickets/{self.town.long}?in=queue-{queue}")
        self._pages("search", lambda run: f"/desk/search?q={_word(run)}")
        self._replies()
        self._tell("create_per_s", self._forms(), "1/s", FORMS)

    def _tell(self, name: str, value: float, unit: str, times: int, **more: Any) -> None:
        self.place.tell(name, value, unit, times, tickets=self.tickets, **more)

    def _pages(self, name: str, path: Callable[[int], str]) -> float:
        """Tell how long a page takes; returns what it costs the web and the database together, in ms."""
        for run in range(WARMING):
            self.line.ask(path(run))
        before, took = spent(*self.processes), []
        for run in range(WARMING, WARMING + RUNS):
            began = time.perf_counter()
            self.line.ask(path(run))
            took.append(time.perf_counter() - began)
        cost = (spent(*self.processes) - before) * 1000 / RUNS
        self._tell(f"{name}_p50_ms", percentile(took, 0.5) * 1000, "ms", RUNS, cpu_ms=round(cost, 1))
        self._tell(f"{name}_p95_ms", percentile(took, 0.95) * 1000, "ms", RUNS)
        return cost

    def _together(self, path: str) -> float:
        """How often a second a page is answered to several at once."""
        answered, until = count(), time.perf_counter() + LASTS

        def go_on() -> None:
            line = Line(self.port, self.town.cookie)
            while time.perf_counter() < until:
                line.ask(path)
                next(answered)

        began = time.perf_counter()
        _at_once([go_on] * CLIENTS)
        return next(answered) / (time.perf_counter() - began)

    def _replies(self) -> None:
        """Answers by mail, each in another ticket that is open in the browser."""
        took = []
        for run, number in enumerate(self.numbers[: WARMING + RUNS]):
            page = self.line.ask(f"/desk/tickets/{number}")
            token, end = TOKEN.search(page), END.search(page)
            assert token is not None
            assert end is not None
            fields = [
                ("text", "Thank you, we send another one today."),
                ("channel", "email"),
                ("to", "dana@customer.example"),
                ("based_on_seq", end[1]),
                ("revision", "0"),
                ("client_key", f"bench-{self.tickets}-{number}"),
            ]
            more = {"X-CSRFToken": token[1], "HX-Request": "true", "X-Seen-Seq": end[1]}
            began = time.perf_counter()
            self.line.ask(f"/desk/tickets/{number}/replies", fields, **more)
            if run >= WARMING:
                took.append(time.perf_counter() - began)
        self._tell("reply_p50_ms", percentile(took, 0.5) * 1000, "ms", len(took))
        self._tell("reply_p95_ms", percentile(took, 0.95) * 1000, "ms", len(took))

    def _forms(self) -> float:
        """How many forms a second are taken when several people send theirs at once."""
        path = f"/forms/{desk_town.SLUG}"
        filled: list[tuple[Line, list[tuple[str, str]]]] = []
        for number in range(FORMS):
            line = Line(self.port)
            page = line.ask(path)
            hidden = [(NAME.search(one), VALUE.search(one)) for one in HIDDEN.findall(page)]
            fields = [(name[1], value[1] if value is not None else "") for name, value in hidden if name is not None]
            asked = {
                "name": f"Nora {number}",
                "address": f"nora-{self.tickets}-{number}@customer.example",
                "subject": "Which oil for the bench?",
                "message": "The leaflet says linseed, the page says tung.",
            }
            filled.append((line, [*fields, *asked.items()]))
        time.sleep(OPEN_FOR)

        def send(some: Sequence[tuple[Line, list[tuple[str, str]]]]) -> None:
            for line, fields in some:
                line.ask(path, fields)

        began = time.perf_counter()
        _at_once([partial(send, filled[first::CLIENTS]) for first in range(CLIENTS)])
        return FORMS / (time.perf_counter() - began)


def _at_once(works: Sequence[Callable[[], None]]) -> None:
    """All of these at the same time; raises RuntimeError when one of them failed."""
    failed: list[BaseException] = []

    def tried(work: Callable[[], None]) -> None:
        try:
            work()
        except (RuntimeError, OSError) as error:
            failed.append(error)

    threads = [threading.Thread(target=tried, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError("a client failed") from failed[0]


def _word(run: int) -> str:
    """A word that stands in a thousandth of the tickets."""
    return "oak" + f"{run % desk_town.WORDS:03}".translate(str.maketrans("0123456789", "abcdefghij"))
