"""How long one waits: for the app, and for all of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.place import ROOT, Place, free_port, percentile

CREATE = """
import time
began = time.perf_counter()
import json, os, sys
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
    checkout = _checkout(place)
    first, *later = [_until_ready(checkout) for _ in range(TIMES + 1)]
    place.tell("start_first_s", first, "s", 1)
    place.tell("start_second_s", percentile(later, 0.5), "s", TIMES)


def _checkout(place: Place) -> Path:
    """A copy of the product with nothing in var/, which uses the packages that are installed here."""
    copy = place.folder / "checkout"
    copy.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part)
        else:
            shutil.copy2(ROOT / part, copy / part)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def _until_ready(checkout: Path) -> float:
    """Seconds from the command to the first page; it is ended afterwards."""
    port, mail_port = free_port(), free_port()
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    began = time.perf_counter()
    server = subprocess.Popen(
        ["script/server"],
        cwd=checkout,
        env={**environ, "PORT": str(port), "MAIL_PORT": str(mail_port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE):
                    return time.perf_counter() - began
            except (urllib.error.URLError, OSError):
                if time.perf_counter() - began > PATIENCE or server.poll() is not None:
                    raise
                time.sleep(0.02)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
