"""`script/bench live` at a size of nearly nothing: it prints every name, and loses nothing."""

import json
import os
import subprocess
import sys

import pytest

from ticketdesk import ROOT

NAMES = {
    "live_connections",
    "live_connection_kib",
    "live_bell_p99_ms",
    "live_list_p95_ms",
    "live_chat_p99_ms",
    "live_lost",
    "live_doubled",
    "live_out_of_order",
    "reference_view_p50_ms",
    "reference_insert_ms",
}
HARMFUL = ("DATABASE_URL", "REDIS_URL")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_tiny_run_prints_every_name_and_loses_nothing() -> None:
    environ = {name: value for name, value in os.environ.items() if name not in HARMFUL}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "live"],
        cwd=ROOT,
        env={**environ, "BENCH_LIVE": "0.01"},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(found) >= NAMES
    assert found["live_connections"]["value"] == found["live_connections"]["n"] == 50
    assert found["live_bell_p99_ms"]["missing"] == 0
    assert found["live_list_p95_ms"]["missing"] == 0
    assert found["live_chat_p99_ms"]["said"] > 0
    assert found["live_chat_p99_ms"]["refused"] == 0
    assert [found[name]["value"] for name in ("live_lost", "live_doubled", "live_out_of_order")] == [0, 0, 0]
