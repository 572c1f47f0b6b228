"""The whole product under one process: started, disturbed, stopped, started again."""

import contextlib
import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.product import PROCESSES

SECONDS = 150.0
# What a variable of the surroundings would change.
OURS = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "SMTP_URL", "TICKETDESK_ENV", "HOST", "MAIL_HOST")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Product:
    """A checkout, started as script/server does."""

    def __init__(self, checkout: Path) -> None:
        self.run = checkout / "var" / "run"
        self.checkout = checkout
        self.port, self.mail_port = free_port(), free_port()
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self, **variables: str) -> None:
        environ = {name: value for name, value in os.environ.items() if name not in OURS}
        environ |= {"PORT": str(self.port), "MAIL_PORT": str(self.mail_port), "TICKETDESK_DEMO": "0", **variables}
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "script/supervise.py"],
            cwd=self.checkout,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=[self.process], daemon=True).start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            self.lines.extend(process.stdout)

    def wait_for(self, true: Callable[[], object], what: str) -> None:
        last = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < last, f"not {what}:\n" + "".join(self.lines[-40:])
            time.sleep(0.05)

    def wait_until_ready(self) -> None:
        self.wait_for(lambda: any("is ready after" in line for line in self.lines), "ready")

    def end(self, by: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(by)
        return self.process.wait(SECONDS)

    def pids(self) -> dict[str, int]:
        found = {}
        for note in self.run.glob("*.pid"):
            with contextlib.suppress(FileNotFoundError, ValueError):
                found[note.stem] = int(note.read_text())
        return found

    def is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                ready = answer.status == 200
            with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=5) as door:
                return ready and door.noop()[0] == 250
        except (OSError, urllib.error.URLError, smtplib.SMTPException):
            return False


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def product(checkout: Path) -> Iterator[Product]:
    product = Product(checkout)
    yield product
    if product.process is not None and product.process.poll() is None:
        product.process.terminate()
        product.process.wait(SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_started_disturbed_and_stopped(product: Product) -> None:
    product.start()
    product.wait_until_ready()
    assert product.is_well()
    assert set(product.pids()) == set(PROCESSES)

    for part in PROCESSES:
        before = product.pids()[part]
        os.kill(before, signal.SIGKILL)
        product.wait_for(lambda part=part, before=before: product.pids().get(part, before) != before, f"{part} back")
        product.wait_for(product.is_well, f"well after {part} was killed")

    first = product.pids()
    product.end(signal.SIGKILL)
    product.start()
    product.wait_until_ready()
    assert product.is_well()
    assert not [part for part, pid in first.items() if alive(pid)]

    second = product.pids()
    assert product.end(signal.SIGTERM) == 0
    assert not [part for part, pid in second.items() if alive(pid)]
    assert product.pids() == {}


def refused(product: Product, **variables: str) -> str:
    product.start(**variables)
    assert product.process is not None
    assert product.process.wait(SECONDS) == 1
    product.wait_for(lambda: any("did not start" in line for line in product.lines), "said")
    (sentence,) = [line for line in product.lines if "did not start" in line]
    return sentence


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "mysql://desk:hunter2@127.0.0.1/desk"}, "DATABASE_URL: the scheme 'mysql' is not known"),
        ({"DATABASE_URL": "postgresql://desk:hunter2@127.0.0.1:9/desk"}, "DATABASE_URL: the database does not answer"),
        ({"HOST": "no.such.host.invalid"}, "HOST: no.such.host.invalid is no address of this machine"),
    ],
)
def test_a_wrong_setting_is_one_sentence(product: Product, variables: dict[str, str], sentence: str) -> None:
    said = refused(product, **variables)
    assert sentence in said
    assert "hunter2" not in "".join(product.lines)


def test_a_port_in_use_is_one_sentence(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.port)):
        assert f"PORT: {product.port} on 127.0.0.1 is in use by another program." in refused(product)
