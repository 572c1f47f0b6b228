"""Which browser stories are played a second time: `python -m tests.again` names them, or says why the run stays red."""

import json
import sys
from pathlib import Path

FAILED = Path("var/cache/pytest/v/cache/lastfailed")
STORIES = "tests/browser/"
MOST = 4


def to_play(failed: list[str]) -> list[str]:
    """The files of failed stories; none when anything else failed, or more of them than chance explains."""
    if len(failed) > MOST or not all(name.startswith(STORIES) for name in failed):
        return []
    return sorted({name.split("::")[0] for name in failed})


if __name__ == "__main__":
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    files = to_play(failed)
    if not files:
        sys.exit("what failed is not played again")
    sys.stderr.write("".join(f"failed once, played again alone: {name}\n" for name in failed))
    sys.stdout.write("\n".join(files) + "\n")
