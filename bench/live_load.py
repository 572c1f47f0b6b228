"""The browsers of the live benchmark, in a process of their own: `python -m bench.live_load CAST.json`.

It is told what to do by lines on standard input, and answers each with a line.
"""

import asyncio
import contextlib
import itertools
import json
import random
import re
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.live_lines import Line, Server, Socket, opened
from bench.place import percentile

AT_ONCE = 200
PER_SOURCE = 40
"""Browsers behind one address: what is open to everybody has its limits by address."""
COMING = 0.7
"""The share of the warm-up in which chats begin."""
GRACE = 8.0
QUIET = 0.28
LIST_PAUSE = 2.0
BESIDE_PAUSE = 60.0
EACH_WATCHER = 0.02
"""As static/js/live.js waits."""
ANSWER_PAUSE = 0.4
OWN_PAUSE = 3.0
"""As static/js/widget-live.js waits."""
MARK = re.compile(r"m-(\d+)-([va])-(\d+)-")
END = re.compile(r'id="end"[^>]*data-seq="(\d+)"')
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
_sources = itertools.count()


def source() -> str:
    """The address of one more browser, all of them this machine's."""
    number = next(_sources) // PER_SOURCE
    return f"127.1.{number // 200}.{1 + number % 200}"


def figures(found: list[float]) -> dict[str, float]:
    """Milliseconds."""
    if not found:
        return {"p50": -1.0, "p95": -1.0, "p99": -1.0, "n": 0}
    return {f"p{share}": percentile(found, share / 100) * 1000 for share in (50, 95, 99)} | {"n": len(found)}


class Load:
    """Everything that is connected."""

    def __init__(self, server: Server, cast: dict[str, Any]) -> None:
        """Nobody is, yet."""
        self.server, self.cast = server, cast
        self.agents: list[Socket] = []
        self.visitors: list[Socket] = []
        self.rang: list[dict[int, float]] = []
        self.desks: list[Desk] = []
        self.measured_from = 0.0

    async def agent(self, cookie: str, hear: Callable[[dict[str, Any]], None] | None = None) -> Socket:
        """A socket of the desk."""
        return await opened(self.server, "/desk/live", source(), cookie=cookie, hear=hear)

    async def visitor(self, token: str, hear: Callable[[dict[str, Any]], None] | None = None) -> Socket:
        """A socket of the widget."""
        first = json.dumps({"token": token})
        return await opened(self.server, f"/widget/{self.cast['key']}/live", source(), first=first, hear=hear)

    async def warm(self, count: int) -> dict[str, Any]:
        """Some come and go, so that everything was done once before memory is looked at."""
        found = await together([lambda one=one: self.agent(one) for one in self.cast["agents"][:count]])
        found += await together([lambda one=one: self.visitor(one) for one in self.cast["visitors"][:count]])
        for one in found:
            one.close()
        return {"came": len(found)}

    async def hold(self) -> dict[str, Any]:
        """All of them come, and stay."""
        began = time.monotonic()
        self.agents = await together([lambda one=one: self.agent(one) for one in self.cast["agents"]])
        self.visitors = await together([lambda one=one: self.visitor(one) for one in self.cast["visitors"]])
        return {"seconds": time.monotonic() - began, **self.held()}

    def held(self) -> dict[str, int]:
        """How many are connected at this moment."""
        return {
            "agents": sum(one.is_open for one in self.agents),
            "visitors": sum(one.is_open for one in self.visitors),
        }

    async def watch(self, count: int) -> dict[str, Any]:
        """Some of the agents look at the same ticket, until each was told how far it is."""
        topic = f"ticket:{self.cast['reference']}"
        self.rang = [{} for _ in range(count)]
        for socket, rang in zip(self.agents, self.rang, strict=False):

            def hear(said: dict[str, Any], rang: dict[int, float] = rang) -> None:
                if said["topic"] == topic and said["kind"] == "news":
                    rang.setdefault(said["seq"], time.monotonic())

            socket.hear = hear
            socket.say(json.dumps({"watch": [self.cast["reference"]]}))
        until = time.monotonic() + 30
        while not all(self.rang) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        return {"watching": sum(bool(one) for one in self.rang)}

    async def bell(self, commits: dict[str, float]) -> dict[str, Any]:
        """How long after each commit each of them heard."""
        await asyncio.sleep(1)
        late: list[float] = []
        missing = 0
        for seq, committed in commits.items():
            for rang in self.rang:
                heard = [at for other, at in rang.items() if other >= int(seq)]
                if heard:
                    late.append(min(heard) - committed)
                else:
                    missing += 1
        return {**figures(late), "missing": missing}

    async def show(self) -> dict[str, Any]:
        """The desks open their list."""
        self.desks = [Desk(self, cookie) for cookie in self.cast["desks"]]
        await asyncio.gather(*(desk.open() for desk in self.desks))
        return {"desks": len(self.desks)}

    async def rows(self, changes: dict[str, float]) -> dict[str, Any]:
        """How long after each commit each desk had fetched the row."""
        await asyncio.sleep(GRACE)
        late, missing = [], 0
        for marker, committed in changes.items():
            for desk in self.desks:
                if marker in desk.shown:
                    late.append(desk.shown[marker] - committed)
                else:
                    missing += 1
        for desk in self.desks:
            desk.close()
        return {**figures(late), "missing": missing, "asked": sum(desk.asked for desk in self.desks)}

    async def chat(self, seconds: float, pause: float, warm_up: float) -> dict[str, Any]:
        """All talk at once, both sides in turn; how fast that is counts once all of them have for a while."""
        talks = [Talk(self, number, chat) for number, chat in enumerate(self.cast["chats"])]
        self.measured_from = time.monotonic() + warm_up
        each = warm_up * COMING / len(talks)
        until = self.measured_from + seconds
        await asyncio.gather(*(talk.go_on(talk.number * each, until, pause) for talk in talks))
        took = time.monotonic() - self.measured_from
        await asyncio.sleep(GRACE)
        said = sum(len(side.acknowledged) for talk in talks for side in talk.sides)
        posted = sum(len(side.posting) for talk in talks for side in talk.sides)
        return {
            **figures([late for talk in talks for side in talk.sides for late in side.late]),
            "post": figures([took for talk in talks for side in talk.sides for took in side.posting]),
            "said": said,
            "refused": sum(side.refused for talk in talks for side in talk.sides),
            "per_s": posted / took,
            "lost": sum(talk.lost for talk in talks),
            "doubled": sum(side.doubled for talk in talks for side in talk.sides),
            "out_of_order": sum(side.out_of_order for talk in talks for side in talk.sides),
        }


async def together(makers: list[Callable[[], Awaitable[Socket]]]) -> list[Socket]:
    """Whoever could connect, some at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(make: Callable[[], Awaitable[Socket]]) -> Socket | None:
        async with gate:
            try:
                return await make()
            except (OSError, TimeoutError) as error:
                sys.stderr.write(f"not connected: {error!r}\n")
                return None

    return [found for found in await asyncio.gather(*(one(make) for make in makers)) if found is not None]


@dataclass
class Desk:
    """A page that shows a list, as static/js/live.js keeps it current."""

    load: Load
    cookie: str
    shown: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    last: float = 0.0
    waits: bool = False
    socket: Socket | None = None

    async def open(self) -> None:
        """Connect."""
        self.line = Line(self.load.server, source(), {"Cookie": self.cookie})
        self.socket = await self.load.agent(self.cookie, self.hear)

    def hear(self, said: dict[str, Any]) -> None:
        """Ask for the rows soon."""
        if said["topic"] != f"queue:{self.load.cast['list_queue']}" or said["kind"] != "news" or self.waits:
            return
        together = said.get("watchers", 1) * EACH_WATCHER
        since = time.monotonic() - self.last
        pause = max(LIST_PAUSE, together) * (1 + random.random() / 20)
        self.waits = True
        delay = max(max(QUIET, together / 2) * random.random(), pause - since)
        asyncio.get_running_loop().call_later(delay, self._start)

    def _start(self) -> None:
        self.waits, self.last = False, time.monotonic()
        self.going = asyncio.ensure_future(self.ask())

    async def ask(self) -> None:
        """The rows, and the counts beside them."""
        self.asked += 1
        view = f"queue-{self.load.cast['list_queue']}"
        status, _, page = await self.line.get(f"/desk/views/{view}/rows", **{"HX-Request": "true"})
        now = time.monotonic()
        if status == 200:
            for marker in re.findall(r"change-\d+-", page):
                self.shown.setdefault(marker, now)
        await self.line.get(f"/desk/rail?view={view}", **{"HX-Request": "true"})

    def close(self) -> None:
        """Leave."""
        if self.socket is not None:
            self.socket.close()


@dataclass
class Side:
    """What one side of a talk said and was shown."""

    acknowledged: list[int] = field(default_factory=list)
    posting: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    seen: dict[int, str] = field(default_factory=dict)  # of the other side, by the entry it stood in
    newest: int = 0
    refused: int = 0
    doubled: int = 0
    out_of_order: int = 0

    def shown(self, page: str, letter: str, said_at: dict[tuple[str, int], float], measured_from: float) -> None:
        """Take in what a page brought of the other side; how late it was counts from a moment on."""
        now = time.monotonic()
        for entry in page.split('id="entry-')[1:]:
            name = entry.partition('"')[0]
            found = MARK.search(entry)
            if found is None or found[2] != letter:
                continue
            number = int(found[3])
            if number in self.seen:
                self.doubled += self.seen[number] != name
                continue
            self.seen[number] = name
            self.out_of_order += number < self.newest
            self.newest = max(self.newest, number)
            if said_at[letter, number] >= measured_from:
                self.late.append(now - said_at[letter, number])


class Talk:
    """One chat: a visitor in the widget and an agent at the desk."""

    def __init__(self, load: Load, number: int, chat: dict[str, Any]) -> None:
        """Nothing was said."""
        self.load, self.number, self.chat = load, number, chat
        self.visitor, self.agent = Side(), Side()
        self.sides = (self.visitor, self.agent)
        self.said_at: dict[tuple[str, int], float] = {}
        self.after = self.seq = 0
        self.is_sending, self.rang_meanwhile = False, 0
        self.visitors_post = asyncio.Event()
        self.visitors_post.set()
        self.own, self.own_at = 0, 0.0
        self.later: asyncio.TimerHandle | None = None
        self.asks_beside, self.asked_beside = False, -BESIDE_PAUSE
        self.asks = {"v": False, "a": False}
        self.again = {"v": False, "a": False}
        self.tasks: set[asyncio.Future[None]] = set()

    async def open(self) -> None:
        """Both come; the agent opens the page of the ticket."""
        server = self.load.server
        self.talk = f"/widget/{self.load.cast['key']}"
        self.ticket = f"/desk/tickets/{self.chat['number']}"
        bearer = {"Authorization": f"Bearer {self.chat['token']}"}
        self.visitor_line = Line(server, source(), bearer)
        self.visitor_reads = Line(server, source(), bearer)
        opener = Line(server, source(), {"Cookie": self.chat["cookie"]})
        status, headers, page = await opener.get(self.ticket)
        if status != 200:
            raise ConnectionError(f"the ticket's page answered {status}")
        session = headers.get("set-cookie", "").split(";")[0]
        cookies = {"Cookie": "; ".join(filter(None, (self.chat["cookie"], session)))}
        token = TOKEN.search(page)
        self.agent_line = Line(server, source(), {**cookies, "X-CSRFToken": token[1] if token else ""})
        self.agent_reads = Line(server, source(), cookies)
        self._end(page)
        self.agent_socket = await self.load.agent(self.chat["cookie"], self._agent_hears)
        self.agent_socket.say(json.dumps({"watch": [self.chat["reference"]]}))
        self.visitor_socket = await self.load.visitor(self.chat["token"], self._visitor_hears)

    def _end(self, page: str) -> None:
        found = END.search(page)
        if found is not None:
            self.seq = max(self.seq, int(found[1]))

    def _agent_hears(self, said: dict[str, Any]) -> None:
        is_ours = said["topic"] == f"ticket:{self.chat['reference']}" and said["kind"] == "news"
        if is_ours and self.is_sending:
            self.rang_meanwhile = max(self.rang_meanwhile, said["seq"] or 0)  # as a rule what is being sent
        elif is_ours and (said["seq"] is None or said["seq"] > self.seq):
            self._soon("a", QUIET * 0.4 * random.random(), self._agent_reads)

    def _visitor_hears(self, said: dict[str, Any]) -> None:
        if "seq" in said:
            self._keep(asyncio.ensure_future(self._visitor_rang(said["seq"])))

    async def _visitor_rang(self, seq: int) -> None:
        """What the visitor says rings as well, and is there with the answer to it: that can wait."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.visitors_post.wait(), ANSWER_PAUSE)
        if seq == self.after == self.own and time.monotonic() - self.own_at < OWN_PAUSE:
            self.later = self.later or asyncio.get_running_loop().call_later(OWN_PAUSE, self._visitor_looks)
        else:
            self._visitor_looks()

    def _visitor_looks(self) -> None:
        if self.later is not None:
            self.later.cancel()
            self.later = None
        self._soon("v", 0.0, self._visitor_reads)

    def _soon(self, side: str, delay: float, read: Callable[[], Awaitable[None]]) -> None:
        """Ask once; whatever rings while it is being asked leads to one more question."""
        if self.asks[side]:
            self.again[side] = True
            return
        self.asks[side] = True

        async def ask() -> None:
            await asyncio.sleep(delay)
            while True:
                self.again[side] = False
                await read()
                if not self.again[side]:
                    break
            self.asks[side] = False

        self._keep(asyncio.ensure_future(ask()))

    def _keep(self, task: asyncio.Future[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _agent_reads(self) -> None:
        status, headers, page = await self.agent_reads.get(
            f"{self.ticket}/news?in=mine", **{"HX-Request": "true", "X-Seen-Seq": str(self.seq)}
        )
        if status == 200:
            self.agent.shown(page, "v", self.said_at, self.load.measured_from)
            self._end(page)
            self._beside(headers)

    async def _visitor_reads(self) -> None:
        status, headers, page = await self.visitor_reads.get(f"{self.talk}/talk?after={self.after}")
        if status == 200:
            self.visitor.shown(page, "a", self.said_at, self.load.measured_from)
            self.after = max(self.after, int(headers["x-seq"]))

    async def go_on(self, after: float, until: float, pause: float) -> None:
        """Come after so many seconds, and speak in turn until the time is over."""
        await asyncio.sleep(after)
        await self.open()
        await asyncio.sleep(pause * random.random())
        for number in itertools.count(1):
            began = time.monotonic()
            if began > until:
                return
            letter, side, say = (
                ("v", self.visitor, self._visitor_says) if number % 2 else ("a", self.agent, self._agent_says)
            )
            self.said_at[letter, number] = began
            status = await say(number)
            if began >= self.load.measured_from:
                side.posting.append(time.monotonic() - began)
            if status in (200, 201):
                side.acknowledged.append(number)
            else:
                side.refused += 1
                sys.stderr.write(f"{letter} was answered {status}\n")
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    async def _visitor_says(self, number: int) -> int:
        fields = {"text": f"m-{self.number}-v-{number}- one more word", "client_key": f"k{number}"}
        self.visitors_post.clear()
        try:
            status, headers, _ = await self.visitor_line.post(f"{self.talk}/messages", fields)
            if status == 201 and int(headers["x-seq"]) == self.after + 1 > 1:
                self.after = self.own = self.after + 1
                self.own_at = time.monotonic()
        finally:
            self.visitors_post.set()
        return status

    async def _agent_says(self, number: int) -> int:
        fields = {
            "text": f"m-{self.number}-a-{number}- one more word",
            "channel": "chat",
            "based_on_seq": str(self.seq),
            "revision": "0",
            "client_key": f"{self.number}-{number}-{self.chat['reference']}",
        }
        headers = {"HX-Request": "true", "X-Seen-Seq": str(self.seq)}
        self.is_sending, self.rang_meanwhile = True, 0
        status, answer, page = await self.agent_line.post(f"{self.ticket}/replies", fields, **headers)
        self.is_sending = False
        if status == 422:
            sys.stderr.write(" ".join(re.findall(r"Not sent\.</b>([^<]*)", page)) + "\n")
        if status == 201:
            self.agent.shown(page, "v", self.said_at, self.load.measured_from)
            self._end(page)
            self._beside(answer)
        if self.rang_meanwhile > self.seq:
            self._soon("a", 0.0, self._agent_reads)
        return status

    def _beside(self, headers: dict[str, str]) -> None:
        """What stands beside the letters may have changed as well: the page asks for it, not too often."""
        if "beside" not in headers.get("hx-trigger", "") or self.asks_beside:
            return
        self.asks_beside = True
        pause = max(QUIET * random.random(), self.asked_beside + BESIDE_PAUSE - time.monotonic())

        async def ask() -> None:
            await asyncio.sleep(pause)
            self.asks_beside, self.asked_beside = False, time.monotonic()
            headers = {"HX-Request": "true", "X-Seen-Seq": str(self.seq)}
            status, _, page = await self.agent_reads.get(f"{self.ticket}/news?in=mine&whole=1", **headers)
            if status == 200:
                self.agent.shown(page, "v", self.said_at, self.load.measured_from)
                self._end(page)

        self._keep(asyncio.ensure_future(ask()))

    @property
    def lost(self) -> int:
        """What was acknowledged and never shown to the other side."""
        of_visitor = set(self.visitor.acknowledged) - set(self.agent.seen)
        return len(of_visitor) + len(set(self.agent.acknowledged) - set(self.visitor.seen))


async def main(path: str) -> None:
    """Do what is asked until nothing more is."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    said = json.loads(Path(path).read_text())
    load = Load(Server(**said["server"]), said["cast"])
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        what = json.loads(line)
        found = getattr(load, what.pop("do"))(**what)
        answer = await found if asyncio.iscoroutine(found) else found
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
