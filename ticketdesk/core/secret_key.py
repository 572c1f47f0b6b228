"""The secret that signs cookies and links, made once where none is given."""

import errno
import os
import secrets
from pathlib import Path

SHORTEST_SECRET = 32


def kept_secret(path: Path) -> str:
    """The secret in `path`, made there (mode 600) on the first start; OSError when that cannot be done."""
    try:
        return _read(path)
    except FileNotFoundError:
        _write(path)
    # Not what we wrote: a process that started together with us may have been first.
    return _read(path)


def _read(path: Path) -> str:
    kept = path.read_text(encoding="ascii").strip()
    if len(kept) < SHORTEST_SECRET:
        raise OSError(errno.EINVAL, "too few characters; remove the file to make a new one", str(path))
    return kept


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and linked into place, so that nobody ever reads half a secret.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
