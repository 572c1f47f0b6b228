"""Mails spoilt on purpose: seeded damage of the kinds that relays, filters and attackers do."""

import base64
import random
from collections.abc import Callable, Iterator
from itertools import count

from tests.channels.email.letters import letter, parts

_CHARSETS = (
    "utf-8", "us-ascii", "iso-8859-1", "iso-2022-jp", "utf-7", "utf-16", "gb2312", "big5", "koi8-r", "windows-1252",
    "x-unknown", "hz-gb-2312", "shift_jis", "idna", "punycode", "unicode_escape", "rot13", "",
)  # fmt: skip
_ENCODINGS = ("base64", "quoted-printable", "7bit", "8bit", "binary", "x-uuencode", "x-none", "")
_TOKENS = (
    b"--edge\r\n", b"--edge--\r\n", b"\r\n\r\n", b"\r", b"\n", b"\0", b"\xff\xfe", b"=?utf-8?q?", b"?=", b"<", b">",
    b'"', b"\\", b";", b"*0*=", b"<div>", b"<!--", b"> ", b"On x wrote:\r\n",
    b"From: ", b"begin 644 x\r\n", b"%", b"&#",
)  # fmt: skip

_HTML = (
    "Content-Type: text/html; charset=utf-8\r\n\r\n<p>It works.</p><div class=gmail_quote>On Monday Alice wrote:"
    "<blockquote><p>Please <b>restart</b> it &amp; see.</p></blockquote></div>"
)
_TEXT = (
    "Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "It w=C3=B6rks. \r\nThanks\r\n-- \r\nDana\r\n\r\nOn Mon, Mar 2, 2026 at 10:00 AM Alice <alice@example.com> wrote:"
    "\r\n> Please restart it.\r\n> > It is broken.\r\n"
)
_FILE = (
    "Content-Type: application/pdf; name*0*=utf-8''re%C3%A7u; name*1=.pdf\r\nContent-Disposition: attachment\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(bytes(range(200))).decode()
)
_OLD = (
    "Content-Type: message/rfc822\r\n\r\nFrom: =?iso-8859-1?q?Al=EDce?= <alice@example.com>\r\nSubject: Old\r\n"
    "Message-ID: <ours.1@example.com>\r\nTo: dana@x.test\r\n\r\nold words"
)
_STATUS = (
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
    "Final-Recipient: rfc822; dana@x.test\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.1.1 none"
)
_UUENCODED = (
    "Content-Type: image/png; name=dot.png\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    "begin 644 dot.png\r\n#0V%T\r\n`\r\nend"
)
# A winmail.dat with one named file and its four bytes.
_TNEF = (
    b"\x78\x9f\x3e\x22\x01\x00\x02\x02\x90\x06\x00\x0e\x00\x00\x00" + bytes(14) + b"\x00\x00"
    b"\x02\x10\x80\x01\x00\x06\x00\x00\x00a.txt\x00\x00\x00\x02\x0f\x80\x06\x00\x04\x00\x00\x00abcd\x00\x00"
)
_WINMAIL = (
    "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(_TNEF).decode()
)
_FORWARD = (
    "Content-Type: text/plain\r\n\r\n---------- Forwarded message ----------\r\nFrom: Eve <eve@x.test>\r\n\r\nold"
)

SEEDS: tuple[bytes, ...] = (
    letter(headers="Received: from a by b\r\nReferences: <a@x.test> <b@x.test>\r\nList-Id: <l.x.test>"),
    letter(
        subject="=?utf-8?b?w6TDtsO8?= =?koi8-r?q?=F0=D2?=", to='"Desk, The" <support@example.com>, Eve <eve@x.test>'
    ),
    parts(_TEXT, _HTML, kind="multipart/alternative"),
    parts(_TEXT, _FILE, _UUENCODED, _WINMAIL),
    parts(_HTML, _OLD, _FORWARD),
    parts(_TEXT, _STATUS, _OLD, kind="multipart/report; report-type=delivery-status"),
    letter(
        "The following address failed:\n\n  dana@x.test\n    550 mailbox is full\n\nReceived: from a\nTo: dana@x.test",
        sender="Mail Delivery System <MAILER-DAEMON@mx.test>",
        subject="Mail delivery failed",
    ),
)


def _place(chance: random.Random, mail: bytes) -> int:
    return chance.randrange(len(mail) + 1)


def _flip(chance: random.Random, mail: bytes) -> bytes:
    out = bytearray(mail)
    for _ in range(chance.randint(1, 20)):
        if out:
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut(chance: random.Random, mail: bytes) -> bytes:
    first, last = sorted((_place(chance, mail), _place(chance, mail)))
    return chance.choice((mail[:first], mail[first:], mail[:first] + mail[last:]))


def _insert(chance: random.Random, mail: bytes) -> bytes:
    at = _place(chance, mail)
    return mail[:at] + chance.choice(_TOKENS) * chance.choice((1, 2, 30, 2_000)) + mail[at:]


def _repeat(chance: random.Random, mail: bytes) -> bytes:
    first, last = sorted((_place(chance, mail), _place(chance, mail)))
    return mail[:first] + mail[first:last] * chance.choice((2, 3, 20)) + mail[last:]


def _swap_boundaries(chance: random.Random, mail: bytes) -> bytes:
    pieces = mail.split(b"--edge")
    chance.shuffle(pieces)
    return chance.choice((b"--edge", b"--edg", b"--edge--", b"-- edge")).join(pieces)


def _double_headers(chance: random.Random, mail: bytes) -> bytes:
    head, blank, body = mail.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for _ in range(chance.randint(1, 8)):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    chance.shuffle(lines)
    return b"\r\n".join(lines) + blank + body


def _lie(chance: random.Random, mail: bytes) -> bytes:
    """Another charset or another transfer encoding than the one that was used."""
    if chance.random() < 0.5:
        return mail.replace(b"utf-8", chance.choice(_CHARSETS).encode(), chance.choice((1, -1)))
    wanted = f"Transfer-Encoding: {chance.choice(_ENCODINGS)}".encode()
    used = chance.choice((b"base64", b"quoted-printable", b"x-uuencode"))
    return mail.replace(b"Transfer-Encoding: " + used, wanted, chance.choice((1, -1)))


def _nest(chance: random.Random, mail: bytes) -> bytes:
    for depth in range(chance.randint(1, 24)):
        if chance.random() < 0.5:
            mail = b"Content-Type: message/rfc822\r\n\r\n" + mail
        else:
            mark = chance.choice(("edge", f"edge{depth}")).encode()
            mail = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n--%b\r\n%b\r\n' % (mark, mark, mail)
    return b"From: dana@customer.test\r\n" + mail


def _line_ends(chance: random.Random, mail: bytes) -> bytes:
    return mail.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n ")))


_DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip, _cut, _insert, _repeat, _swap_boundaries, _double_headers, _lie, _nest, _line_ends,
)  # fmt: skip
_MAX_BYTES = 1_000_000


def mangled(seeds: tuple[bytes, ...], seed: int) -> Iterator[bytes]:
    """Endless spoilt mails, the same for the same seed; each differs from its original by one to five damages."""
    for number in count():
        chance = random.Random(f"{seed}/{number}")
        mail = chance.choice(seeds)
        for _ in range(chance.randint(1, 5)):
            mail = chance.choice(_DAMAGES)(chance, mail)[:_MAX_BYTES]
        yield mail
