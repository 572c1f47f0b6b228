"""The product's processes as the supervisor starts them, in production's settings, on a benchmark's own servers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from bench.place import ROOT, Place, free_port

PROCESSES = 2
HOST = "desk.bench.example"
PATIENCE = 120.0


@contextlib.contextmanager
def serving(place: Place) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The web and a worker in production's settings; browsers are told of a proxy with TLS that is not there."""
    port = free_port()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **place.environ,
        "TICKETDESK_ENV": "production",
        "PUBLIC_URL": f"https://{HOST}",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(PROCESSES),
        "STORAGE_URL": f"file:{place.folder / 'blobs'}",
        "PYTHONWARNINGS": "ignore",
    }
    started: list[subprocess.Popen[bytes]] = []
    try:
        for words in (
            ["gunicorn", "-c", "script/gunicorn.conf.py", "wsgi:app"],
            ["flask", "--app", "wsgi", "worker", "--lane", "soon"],
        ):
            started.append(subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=environ))
        _until_ready(port)
        yield port, started[0]
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def _until_ready(port: int) -> None:
    until = time.monotonic() + PATIENCE
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": HOST})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
