"""Lines of several processes on one output."""

import os
from collections.abc import Iterator

import pytest

from ticketdesk.core.servers.output import Output


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


def passed_on(output: Output, *chunks: bytes) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    for chunk in chunks:
        os.write(write, chunk)
        assert output.take_from(read, "web")
    os.close(write)
    assert not output.take_from(read, "web")
    os.close(read)


def test_each_line_has_its_writer(pipe: tuple[int, int]) -> None:
    passed_on(Output(pipe[1], coloured=False), b"one\ntw", b"o\nthree")
    assert os.read(pipe[0], 1000) == b"web      | one\nweb      | two\nweb      | three\n"


def test_colour_on_a_terminal(pipe: tuple[int, int]) -> None:
    Output(pipe[1], coloured=True).line(b"one", "web")
    assert os.read(pipe[0], 1000) == b"\x1b[36mweb      |\x1b[0m one\n"


def test_when_nobody_reads_nothing_waits(pipe: tuple[int, int]) -> None:
    output = Output(pipe[1], coloured=False)
    for _ in range(500):
        output.line(b"x" * 1000)
    seen = os.read(pipe[0], 1_000_000)
    output.line(b"again")
    assert 0 < len(seen) < 500_000
    tail = os.read(pipe[0], 1_000_000)
    missed = 500 - seen.count(b"\n")
    assert tail == b"... %d lines were not shown\nagain\n" % missed


def test_a_reader_that_is_gone_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    Output(write, coloured=False).line(b"to nobody")
    os.close(write)
