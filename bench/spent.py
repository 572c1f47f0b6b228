"""What processes have computed so far, and what memory they hold: their own and that of all who descend from them."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def spent(*roots: int) -> float:
    """CPU seconds, user and system, of these processes and their descendants, of those that ended too."""
    return sum(sum(int(field) for field in fields[11:15]) * _TICK for _, fields in _families(roots))


def held(*roots: int) -> int:
    """KiB of memory that is theirs, of what is shared their share (PSS)."""
    found = 0
    for process, _ in _families(roots):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        found += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return found


def _families(roots: tuple[int, ...]) -> Iterator[tuple[int, list[str]]]:
    """Each of these processes and of whoever descends from them, with what the system says of it."""
    said: dict[int, list[str]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name in brackets may hold anything; what follows its last bracket is numbers.
            said[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone meanwhile
    wanted = set(roots)
    while found := {process for process, fields in said.items() if int(fields[1]) in wanted} - wanted:
        wanted |= found
    for process in wanted & set(said):
        yield process, said[process]
