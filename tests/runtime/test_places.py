"""Where the embedded servers live."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from ticketdesk.core.servers.places import LONGEST_SOCKET_PATH, POSTGRES_SOCKET, may_enter, places

AS_ROOT = os.geteuid() == 0


def test_all_is_under_var(tmp_path: Path) -> None:
    home = places(Path("/srv/desk/var") if AS_ROOT else tmp_path / "var")
    base = home.redis_data.parent
    assert home.postgres_data == base / "postgres"
    assert home.elsewhere is None


def test_a_socket_has_a_short_path() -> None:
    deep = Path("/srv") / ("long" * 30) / "var"
    home = places(deep)
    for path in (home.postgres_sockets / POSTGRES_SOCKET, home.redis_socket):
        assert len(os.fsencode(path)) <= LONGEST_SOCKET_PATH
    assert places(deep) == home
    assert places(deep.with_name("other")) != home


def test_nobody_enters_a_closed_home() -> None:
    # Not pytest's own temporary folder, which is closed itself.
    with tempfile.TemporaryDirectory() as home:
        var = Path(home) / "desk" / "var"
        var.mkdir(parents=True)
        Path(home).chmod(0o755)
        assert may_enter("nobody", var)
        Path(home).chmod(0o700)
        assert not may_enter("nobody", var)
        assert may_enter(pwd.getpwuid(os.geteuid()).pw_name, var)


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run PostgreSQL as somebody else")
def test_a_checkout_in_a_closed_home_keeps_its_data_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    (closed / "desk").mkdir(parents=True)
    closed.chmod(0o700)
    home = places(closed / "desk" / "var")
    assert home.postgres_user is not None
    assert home.elsewhere is not None
    assert home.postgres_data.parent == home.elsewhere
    assert home.elsewhere.parent == Path("/var/lib/ticketdesk")
    assert home.redis_data == closed / "desk" / "var" / "redis"
