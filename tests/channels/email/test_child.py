"""The parsing child: same answer as the parser, bounded, replaced when it dies."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email import child, limits, wire
from ticketdesk.channels.email.child import ParserChild
from ticketdesk.channels.email.model import Unreadable
from ticketdesk.channels.email.parse import parse

_FULL = parts(
    (
        "Content-Type: text/plain\r\n\r\n---------- Forwarded message ----------\nFrom: Eve "
        "<eve@x.test>\nSubject: x\n\nold"
    ),
    "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n/+8A",
)


def test_the_child_answers_as_the_parser_does() -> None:
    with ParserChild() as parser:
        for raw in (letter(), _FULL, b"", letter(sender=None)):
            assert parser.parse(raw) == parse(raw)


def test_the_parser_stands_without_the_application() -> None:
    boot = child._BOOT.replace("serve()\n", "print('flask' in sys.modules, 'sqlalchemy' in sys.modules)\n")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", boot, str(child._PACKAGE)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["False", "False"]


def test_what_passes_between_them_is_whole() -> None:
    packed, blobs = wire.pack(parse(_FULL))
    assert blobs == [b"\xff\xef\x00"]
    assert wire.unpack(packed, blobs) == parse(_FULL)


def test_a_child_that_died_is_replaced_and_the_mail_named_unreadable() -> None:
    with ParserChild() as parser:
        parser.parse(letter())
        first = parser.process_id
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        os.kill(first, signal.SIGKILL)
        os.kill(first, signal.SIGCONT)
        deadline = time.monotonic() + 5
        while parser.process_id is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert parser.parse(letter()).subject == "Printer"
        assert parser.process_id != first


def test_a_mail_on_which_the_child_hangs_is_given_up() -> None:
    with ParserChild(seconds=0.3) as parser:
        parser.parse(letter())
        stuck = parser.process_id
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        with pytest.raises(Unreadable, match=r"within 0\.3 seconds"):
            parser.parse(letter())
    with ParserChild() as parser:
        assert parser.parse(letter()).subject == "Printer"


def test_a_mail_too_large_is_never_handed_over() -> None:
    with ParserChild() as parser:
        with pytest.raises(Unreadable, match="35 MiB"):
            parser.parse(b"a" * (limits.MAX_BYTES + 1))
        assert parser.process_id is None


def test_the_largest_mail_fits_into_the_memory() -> None:
    line = b"QUJD" * 18 + b"\r\n"
    body = line * ((limits.MAX_BYTES - 1_000) // len(line))
    raw = letter(body, kind="application/octet-stream", headers="Content-Transfer-Encoding: base64")
    with ParserChild(seconds=30) as parser:
        (file,) = parser.parse(raw).attachments
    assert file.size == len(body) // 74 * 54
