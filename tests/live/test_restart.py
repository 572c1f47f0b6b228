"""300 open browsers while the web is started anew, and while somebody is sent away (SECURITY CH-08, AZ-07, R14)."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field

import pytest

from bench.live_lines import Server, Socket, opened
from tests.product import Product, installed, until
from ticketdesk.live import frames
from ticketdesk.live.audience import GONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BROWSERS = 300
AGENTS = 15
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""As `static/js/live-line.js` waits."""
BACK_WITHIN = 10.0
CLOSED_WITHIN = 5.0

SIGNED_IN = """
import json, sys
from datetime import timedelta
from sqlalchemy import insert
from ticketdesk import create_app
from ticketdesk.accounts import people
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import clock, tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.web import auth

app = create_app()
with app.app_context(), app.test_request_context():
    now = clock.now()
    made = [people.create(f"line-{n}@desk.example", f"Line {n}", "agent", SYSTEM, now) for n in range(int(sys.argv[2]))]
    secrets = [tokens.fresh() for _ in range(int(sys.argv[1]))]
    rows = [
        {"agent_id": made[n % len(made)].id, "digest": tokens.digest(secret), "created_at": now, "seen_at": now,
         "expires_at": now + timedelta(hours=1), "address": "127.0.0.1", "browser": "a test"}
        for n, secret in enumerate(secrets)
    ]
    db.session.execute(insert(AgentSession), rows)
    db.session.commit()
    print(json.dumps([f"{auth.cookie_name()}={secret}" for secret in secrets]))
"""
SENT_AWAY = """
import time
from sqlalchemy import select
from ticketdesk import create_app
from ticketdesk.accounts import people
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db

with create_app().app_context():
    agent = db.session.scalars(select(Agent).where(Agent.email == "line-0@desk.example")).one()
    people.disable(agent, SYSTEM, clock.now())
    db.session.commit()
    print(time.time())
"""


@dataclass
class Browser:
    """Stays connected as the desk's page does: waits a random while, longer each time."""

    server: Server
    cookie: str
    socket: Socket | None = None
    codes: list[int] = field(default_factory=list)
    lost_at: list[float] = field(default_factory=list)
    back_at: list[float] = field(default_factory=list)
    tried_after: list[float] = field(default_factory=list)

    @property
    def is_connected(self) -> bool:
        """Whether it hears."""
        return self.socket is not None and self.socket.is_open

    async def stay(self) -> None:
        """Connect, and again whenever the line is lost, until somebody says that it is over."""
        wait = FIRST_WAIT
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                self.socket = await opened(self.server, "/desk/live", "127.0.0.1", cookie=self.cookie)
                self.back_at.append(time.time())
                wait = FIRST_WAIT
                await self.socket.gone.wait()
                self.lost_at.append(time.time())
                self.codes.append(self.socket.code)
                if self.socket.code == GONE:
                    return
            pause = wait * (0.5 + random.random())
            self.tried_after.append(pause)
            await asyncio.sleep(pause)
            wait = min(wait * 2, LONGEST_WAIT)


async def all_there(browsers: list[Browser], patience: float) -> None:
    """Wait until every one of them is connected."""
    last = time.monotonic() + patience
    while not all(browser.is_connected for browser in browsers):
        assert time.monotonic() < last, f"{sum(one.is_connected for one in browsers)} of {len(browsers)} are there"
        await asyncio.sleep(0.05)


def test_all_are_back_soon_after_a_restart_and_who_was_sent_away_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with installed() as product:
        product.start()
        cookies = json.loads(product.script(SIGNED_IN, str(BROWSERS), str(AGENTS)).splitlines()[-1])
        server = Server(product.port, f"127.0.0.1:{product.port}", product.url)

        async def story() -> None:
            browsers = [Browser(server, cookie) for cookie in cookies]
            staying = [asyncio.create_task(browser.stay()) for browser in browsers]
            await all_there(browsers, 60)

            before = product.pid_of("web")
            os.kill(before, signal.SIGTERM)
            await asyncio.gather(*(browser.socket.gone.wait() for browser in browsers if browser.socket))
            assert {code for browser in browsers for code in browser.codes} == {frames.RESTARTS}
            up_at = await asyncio.to_thread(_when_up, product)
            await all_there(browsers, 60)
            down = up_at - min(browser.lost_at[0] for browser in browsers)
            after = max(browser.back_at[1] for browser in browsers) - up_at
            pauses = [browser.tried_after[0] for browser in browsers]
            _say(capsys, f"the web was away for {down:.1f} s; all {BROWSERS} were back {after:.1f} s after that")
            assert product.pid_of("web") != before
            assert after <= BACK_WITHIN
            assert max(pauses) - min(pauses) > FIRST_WAIT / 2, "not all in the same moment"

            mine = browsers[::AGENTS]
            at = float((await asyncio.to_thread(product.script, SENT_AWAY)).splitlines()[-1])
            await asyncio.wait_for(asyncio.gather(*staying[::AGENTS]), 20)
            closed = max(browser.lost_at[-1] for browser in mine) - at
            _say(capsys, f"{len(mine)} browsers of whoever was sent away were closed after {closed:.1f} s")
            assert {browser.codes[-1] for browser in mine} == {GONE} and closed <= CLOSED_WITHIN
            others = [browser for number, browser in enumerate(browsers) if number % AGENTS]
            assert all(browser.is_connected and len(browser.codes) == 1 for browser in others)
            for task in staying:
                task.cancel()
            for browser in browsers:
                if browser.socket is not None:
                    browser.socket.close()
            await asyncio.sleep(0.5)

        asyncio.run(story())


def _when_up(product: Product) -> float:
    """The moment at which the web answers."""
    until(product.is_ready, "the web answers again")
    return time.time()


def _say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{words}\n")
