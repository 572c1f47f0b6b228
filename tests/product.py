"""The whole product as its users run it: a copy of the checkout under its own supervisor, on free ports."""

import contextlib
import json
import os
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import redis

from tests.ports import free_port
from ticketdesk import ROOT

T = TypeVar("T")
PATIENCE = 60.0
PATIENCE_AT_FIRST = 300.0
"""For the first start, which lets a whole company move in while other tests run beside it."""
PARTS = ("ticketdesk", "templates", "migrations", "script", "wsgi.py")
PROCESSES = ("postgres", "redis", "web", "worker-soon", "worker-mail", "schedule", "mail")


def until(found: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """Ask again and again until the answer is true; fails with `what` when it never is."""
    last = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError, psycopg.OperationalError):
            if answer := found():
                return answer
        if time.monotonic() > last:
            raise AssertionError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.05)


@dataclass
class Product:
    """One running TicketDesk."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    mail_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where browsers go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.root / "said.txt"

    def variables(self) -> dict[str, str]:
        """Its environment: nothing of ours but the path."""
        ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        own = {"PORT": str(self.port), "MAIL_PORT": str(self.mail_port), "TICKETDESK_DEMO": "0"}
        return {**ours, **own, **self.environment}

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "script/supervise.py"],
                cwd=self.root,
                env=self.variables(),
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            until(self.is_ready, "ready", PATIENCE_AT_FIRST)
            until(self.takes_mail, "the mail door")
        except AssertionError:
            raise AssertionError(self.log.read_text(errors="replace")[-5000:]) from None

    def is_ready(self) -> bool:
        """Whether it says so."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-5000:]
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.URLError:
            return False

    def takes_mail(self) -> bool:
        """Whether the door is open."""
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=5) as door:
            return door.noop()[0] == 250

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def pid_of(self, name: str) -> int:
        """The process of one part; 0 while it is down."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.root / "var/run" / f"{name}.pid").read_text())
        return 0

    def kill(self, name: str) -> None:
        """End one part as a power cut would, and wait until another takes its place."""
        before = self.pid_of(name)
        assert before
        os.kill(before, signal.SIGKILL)
        until(lambda: self.pid_of(name) not in (0, before), f"another {name}")

    def command(self, *words: str, stdin: bytes | None = None) -> str:
        """Run one command of the product beside it; what it prints. Raises AssertionError when it fails."""
        return self._run("-m", "flask", "--app", "wsgi", *words, stdin=stdin)

    def script(self, code: str, *words: str) -> str:
        """Run a few lines of Python as the product would; what they print."""
        return self._run("-c", code, *words)

    def _run(self, *words: str, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env=self.variables(),
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
        return done.stdout.decode()

    def send(self, mail: EmailMessage) -> None:
        """Hand a mail to the door as a mail server does: again and again, until it is taken."""

        def handed() -> bool:
            try:
                with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=10) as door:
                    door.send_message(mail)
            except smtplib.SMTPException:
                return False
            return True

        until(handed, "the mail is taken")

    def ingest(self, mail: bytes) -> dict[str, Any]:
        """Take in a mail by the command; the line it prints."""
        line: dict[str, Any] = json.loads(self.command("mail", "ingest", "-", stdin=mail).splitlines()[-1])
        return line

    def sent(self) -> list[EmailMessage]:
        """The mails that left, in the order of their numbers."""
        folder = self.root / "var/outbox"
        files = sorted(folder.glob("*.eml"), key=lambda path: int(path.stem))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]  # type: ignore[misc]

    def sent_to(self, address: str) -> list[EmailMessage]:
        """The mails that left for one address."""
        return [mail for mail in self.sent() if address in [one.addr_spec for one in mail["To"].addresses]]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask its database."""
        with psycopg.connect(host=str(self.root / "var/run/postgres"), dbname="ticketdesk", user="ticketdesk") as asked:
            return asked.execute(query.encode(), values).fetchall()

    def empty_redis(self) -> None:
        """Make it forget everything, as an administrator may at any time."""
        with redis.Redis(unix_socket_path=str(self.root / "var/run/redis.sock"), protocol=2) as cache:
            cache.flushall()


def copy_checkout(into: Path) -> None:
    """Copy what runs, so that servers of a test do not meet the developer's in `var/`."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, into / part, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(source, into / part)


@contextlib.contextmanager
def installed(**environment: str) -> Iterator[Product]:
    """A copy of the checkout, not started yet; stopped and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="td-"))
    root.chmod(0o755)
    copy_checkout(root)
    product = Product(root, environment)
    try:
        yield product
    finally:
        if product.process is not None:
            try:
                product.stop()
            except subprocess.TimeoutExpired:
                os.killpg(product.process.pid, signal.SIGKILL)
        shutil.rmtree(root, ignore_errors=True)
