"""How long one waits: for the app, and for all of it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.place import ROOT, Place, free_port, percentile

CREATE = """
import time
began = time.perf_counter()
import json, os, sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from ticketdesk import create_app
from ticketdesk.core import config
create_app(config.load(json.loads(sys.argv[1]), Path(sys.argv[2])))
print(time.perf_counter() - began)
"""
TIMES = 5
PATIENCE = 180.0
PARTS = ("ticketdesk", "migrations", "templates", "script", "wsgi.py", "requirements.txt", "requirements-dev.txt")


def run(place: Place) -> None:
    """Measure `import ticketdesk` with `create_app()`, and `script/server` where all is set up."""
    created = [
        float(
            subprocess.run(
                [sys.executable, "-c", CREATE, json.dumps(place.environ), str(place.folder)],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(TIMES)
    ]
    place.tell("create_app_s", percentile(created, 0.5), "s", TIMES)
    copy = checkout(place)
    first, *later = [_until_ready(copy) for _ in range(TIMES + 1)]
    place.tell("start_first_s", first, "s", 1)
    place.tell("start_second_s", percentile(later, 0.5), "s", TIMES)


def checkout(place: Place) -> Path:
    """A copy of the product with nothing in var/, which uses the packages that are installed here."""
    copy = place.folder / "checkout"
    if copy.exists():
        return copy
    copy.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part)
        else:
            shutil.copy2(ROOT / part, copy / part)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def _until_ready(copy: Path) -> float:
    """Seconds from the command to the first page; it is ended afterwards."""
    began = time.perf_counter()
    with running(copy, {"DATABASE_URL": "", "REDIS_URL": ""}):
        return time.perf_counter() - began


@contextlib.contextmanager
def running(copy: Path, environ: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The whole product by its own command, from its first page on: its port, and the process that has all others."""
    port = free_port()
    given = {**os.environ, **environ, "PORT": str(port), "MAIL_PORT": str(free_port())}
    server = subprocess.Popen(
        ["script/server"],
        cwd=copy,
        env={name: value for name, value in given.items() if value},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _answering(port, server)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _answering(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE):
                return
        except (urllib.error.URLError, OSError):
            if time.perf_counter() > until or server.poll() is not None:
                raise
            time.sleep(0.02)
