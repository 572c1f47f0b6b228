"""A checkout of its own for tests that start servers: theirs must not meet the developer's in `var/`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product import copy_checkout


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder that others may pass through: as root, PostgreSQL runs as somebody else."""
    with tempfile.TemporaryDirectory(prefix="ticketdesk-runtime-", ignore_cleanup_errors=True) as name:
        made = Path(name).resolve()
        made.chmod(0o755)
        yield made


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A copy of what runs."""
    copy_checkout(folder)
    return folder
