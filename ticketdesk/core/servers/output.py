"""The lines of several processes on one output, each with the name of who wrote it."""

import os
import select

# A pipe that is ready takes this much at once without making us wait.
AT_ONCE = 4096
LONGEST_LINE = 100_000
COLOURS = (36, 33, 35, 32, 34, 31)


class Output:
    """Writes whole lines and never waits: when nobody reads, lines are counted instead of shown."""

    def __init__(self, target: int, *, coloured: bool) -> None:
        """`target` is a file descriptor."""
        self._target = target
        self._coloured = coloured
        self._unfinished: dict[int, bytearray] = {}
        self._names: dict[str, bytes] = {}
        self._missed = 0

    def take_from(self, source: int, name: str) -> bool:
        """Pass on what a process wrote into the pipe `source`; False at its end."""
        rest = self._unfinished.setdefault(source, bytearray())
        try:
            words = os.read(source, 65536)
        except BlockingIOError:
            return True
        rest += words
        *lines, last = rest.split(b"\n")
        if last and (not words or len(last) > LONGEST_LINE):
            lines.append(last)
            last = bytearray()
        for line in lines:
            self.line(bytes(line), name)
        self._unfinished[source] = last
        if not words:
            del self._unfinished[source]
        return bool(words)

    def line(self, words: bytes, name: str = "") -> None:
        """Write one line, with its writer's name before it."""
        if self._missed and self._write(b"... %d lines were not shown\n" % self._missed):
            self._missed = 0
        if self._missed or not self._write((self._named(name) if name else b"") + words + b"\n"):
            self._missed += 1

    def _write(self, words: bytes) -> bool:
        for start in range(0, len(words), AT_ONCE):
            try:
                if not select.select([], [self._target], [], 0)[1]:
                    return False
                os.write(self._target, words[start : start + AT_ONCE])
            except (BrokenPipeError, BlockingIOError):
                return False
        return True

    def _named(self, name: str) -> bytes:
        if name not in self._names:
            plain = f"{name:<9}|"
            colour = COLOURS[len(self._names) % len(COLOURS)]
            self._names[name] = f"\x1b[{colour}m{plain}\x1b[0m ".encode() if self._coloured else f"{plain} ".encode()
        return self._names[name]
