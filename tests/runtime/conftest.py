"""A checkout of its own for tests that start servers: theirs must not meet the developer's in `var/`."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ticketdesk", "templates", "migrations", "script", "wsgi.py")


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
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder
