"""`script/bench [name …]`: run the named benchmarks, or all, and the references that every figure is judged by."""

import sys
from collections.abc import Callable, Mapping

from bench import desk, intake, live, references, sla, start
from bench.place import Place, own_place

BENCHMARKS: Mapping[str, Callable[[Place], None]] = {
    "start": start.run,
    "intake": intake.run,
    "live": live.run,
    "sla": sla.run,
    "desk": desk.run,
}
"""By name, in the order in which they run: the largest data last."""


def main(names: list[str]) -> int:
    """Run them on servers of our own; 2 for a name that is none."""
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.\n")
        return 2
    with own_place() as place:
        references.run(place)
        for name, run in BENCHMARKS.items():
            if not names or name in names:
                place.say(f"{name} …")
                run(place)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
