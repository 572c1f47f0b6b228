"""What a test needs from the machine: skipped where it is missing, failed where all is promised."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

# The name a test uses, and where the program may be found.
TOOLS: dict[str, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "java": ("java",),
    "node": ("node", "nodejs"),
    "php": ("php",),
    "ruby": ("ruby",),
    "dovecot": ("dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"),
}


def find(tool: str) -> Path | None:
    """The tool's program, or None."""
    for name in TOOLS[tool]:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def need(tool: str) -> Path:
    """The tool's program; without it the test is skipped, or fails when TICKETDESK_TEST_ALL=1."""
    found = find(tool)
    if found is None:
        lack(tool)
    return found


def lack(what: str) -> NoReturn:
    """Skip the test for want of something, or fail it where all is promised."""
    reason = f"{what} is not installed"
    if os.environ.get("TICKETDESK_TEST_ALL") == "1":
        pytest.fail(f"{reason}, and TICKETDESK_TEST_ALL=1 lets nothing be skipped", pytrace=False)
    pytest.skip(reason)
