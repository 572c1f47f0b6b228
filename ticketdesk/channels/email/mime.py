"""The tree of parts of a raw mail, read in linear time and within limits."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ticketdesk.channels.email import limits
from ticketdesk.channels.email.model import Unreadable
from ticketdesk.channels.email.parameters import Value, parse_value

_HEADER_LINE = re.compile(rb"[!-9;-~]{1,120}[ \t]{0,20}:")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_BLANKS = b" \t\r\n\0"
_KNOWN = (b"from:", b"to:", b"subject:", b"date:", b"message-id:", b"mime-version:", b"content-type:", b"received:")


@dataclass(slots=True)
class Part:
    """One part: its headers (names lower-case, values unfolded and still encoded) and where its body lies."""

    raw: bytes
    start: int
    end: int
    headers: list[tuple[str, bytes]]
    kind: Value
    disposition: Value
    encoding: str
    depth: int
    children: list["Part"] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    decoded: bytes | None = None
    # The charset to suppose for raw 8-bit characters in the headers.
    hint: str = ""

    @property
    def content_type(self) -> str:
        return self.kind.main

    @property
    def is_multipart(self) -> bool:
        return self.kind.main.startswith("multipart/")

    def first(self, name: str) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    def every(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    def walk(self) -> Iterator["Part"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def body(self) -> bytes:
        """The decoded bytes of a part without children."""
        if self.decoded is None:
            body = self.raw[self.start : self.end]
            self.decoded = _decoded(body, self.encoding, self.defects, self.kind.main)
        return self.decoded


class _Budget:
    """Counts parts over the whole mail."""

    def __init__(self) -> None:
        self.parts = 0

    def take(self) -> None:
        self.parts += 1
        if self.parts > limits.MAX_PARTS:
            raise Unreadable(f"more than {limits.MAX_PARTS} parts")


def read(raw: bytes) -> Part:
    """The root part of `raw`; raises Unreadable beyond the limits."""
    if len(raw) > limits.MAX_BYTES:
        raise Unreadable(f"larger than {limits.MAX_BYTES // 1024 // 1024} MiB")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    root = _read_part(raw, _skip_envelope(raw), len(raw), 0, _Budget(), is_message=True, default="text/plain")
    for message in root.walk():
        message.hint = next((label for part in message.walk() if (label := part.kind.parameters.get("charset"))), "")
    return root


def read_head(raw: bytes) -> Part:
    """Only the headers, for a mail that is beyond the limits; cut instead of refused."""
    raw = raw[: limits.MAX_HEADER_BYTES]
    headers: list[tuple[str, bytes]] = []
    defects: list[str] = []
    try:
        _read_headers(raw, _skip_envelope(raw), len(raw), headers, defects, is_message=True)
    except Unreadable:
        headers = [(name, value[:2000]) for name, value in headers]
    plain = Value("text/plain", {})
    return Part(raw, len(raw), len(raw), headers, plain, Value("", {}), "", 0, [], defects)


def _skip_envelope(raw: bytes) -> int:
    """Where the headers begin: after blank lines and the separator line of an mbox."""
    at = 0
    while at < len(raw) and raw[at] in b"\r\n":
        at += 1
    if raw.startswith((b"From ", b">From "), at):
        newline = raw.find(b"\n", at)
        at = newline + 1 if newline >= 0 else len(raw)
    return at


def _read_part(
    raw: bytes, start: int, end: int, depth: int, budget: _Budget, *, is_message: bool, default: str
) -> Part:
    headers: list[tuple[str, bytes]] = []
    defects: list[str] = []
    start = _read_headers(raw, start, end, headers, defects, is_message=is_message)
    named = dict(reversed(headers))
    kind = parse_value(named.get("content-type", b""))
    if "/" not in kind.main or kind.main.startswith("/"):
        if "content-type" in named:
            defects.append(f"content type {kind.main[:60]!r} is none")
        kind = Value("text/plain" if kind.main or "content-type" in named else default, kind.parameters)
    disposition = parse_value(named.get("content-disposition", b""))
    encoding = named.get("content-transfer-encoding", b"").decode("latin-1").partition(";")[0].strip().lower()
    part = Part(raw, start, end, headers, kind, disposition, encoding, depth, [], defects)
    if part.is_multipart:
        _container(depth)
        _read_children(part, budget)
    elif kind.main in ("message/rfc822", "message/global", "message/news"):
        _container(depth)
        budget.take()
        inner, begin, stop = raw, start, end
        if encoding in ("base64", "quoted-printable"):
            inner = part.body()
            begin, stop = 0, len(inner)
        while begin < stop and inner[begin] in b"\r\n":
            begin += 1
        if inner.startswith((b"From ", b">From "), begin):
            begin = (inner.find(b"\n", begin) + 1) or stop
        child = _read_part(inner, begin, stop, depth + 1, budget, is_message=True, default="text/plain")
        part.children.append(child)
    return part


def _container(depth: int) -> None:
    if depth > limits.MAX_DEPTH:
        raise Unreadable(f"parts nested deeper than {limits.MAX_DEPTH}")


def _read_headers(
    raw: bytes, at: int, end: int, headers: list[tuple[str, bytes]], defects: list[str], *, is_message: bool
) -> int:
    """Append the headers that begin at `at` to `headers`; return where the body begins."""
    lines = 0
    name, pieces, size = "", list[bytes](), 0
    known_until: int | None = None

    def close() -> None:
        if name:
            headers.append((name, b"".join(pieces)))

    while at < end:
        newline = raw.find(b"\n", at, end)
        stop = newline if newline >= 0 else end
        after = newline + 1 if newline >= 0 else end
        lines += 1
        if lines > limits.MAX_HEADER_LINES:
            raise Unreadable(f"more than {limits.MAX_HEADER_LINES} header lines")
        if stop - at > limits.MAX_HEADER_BYTES and not raw.startswith((b"References:", b"references:"), at):
            raise Unreadable(f"a header line longer than {limits.MAX_HEADER_BYTES // 1024} KiB")
        line = raw[at:stop].rstrip(b"\r")
        if not line:
            close()
            return after
        if line[0] in b" \t":
            if not line.strip() and not _goes_on(raw, after, end):
                close()
                return after
            if name:
                size += len(line)
                if size > limits.MAX_HEADER_BYTES and name != "references":
                    raise Unreadable(f"a header longer than {limits.MAX_HEADER_BYTES // 1024} KiB")
                pieces.append(line)
            at = after
            continue
        found = _HEADER_LINE.match(line)
        if found is None:
            if known_until is None:
                known_until = _last_known_header(raw, at, end) if is_message else at
            if at < known_until:
                # Some relays strip the indent off continuation lines.
                defects.append("a header line without a name")
                if name:
                    pieces.append(b" " + line)
                at = after
                continue
            close()
            defects.append("the headers end without an empty line")
            return at
        close()
        name = found.group()[:-1].strip().decode("ascii").lower()
        value = line[found.end() :].lstrip(b" \t")
        pieces, size = [value], len(value)
        at = after
    close()
    return end


def _last_known_header(raw: bytes, at: int, end: int) -> int:
    """Where the last header that every mail has begins, before the next empty line."""
    blanks = [found for mark in (b"\n\n", b"\n\r\n") if (found := raw.find(mark, at, end)) >= 0]
    stop = min([*blanks, end, at + limits.MAX_HEADER_BYTES])
    head = raw[at:stop].lower()
    return at + max(head.rfind(b"\n" + name) for name in _KNOWN)


def _goes_on(raw: bytes, at: int, end: int) -> bool:
    """Whether the line at `at` still belongs to the headers."""
    if at >= end:
        return False
    line = raw[at : min(end, at + 200)]
    return line[0] in b" \t\r\n" or _HEADER_LINE.match(line) is not None


def _read_children(part: Part, budget: _Budget) -> None:
    raw, end = part.raw, part.end
    boundary = part.kind.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip(b" \t\r\n")
    if not boundary:
        part.defects.append("multipart without a boundary")
        boundary = _first_boundary(raw, part.start, end)
    default = "message/rfc822" if part.kind.main == "multipart/digest" else "text/plain"
    begin = -1
    closed = False
    for at, after, last in _delimiters(raw, part.start, end, b"--" + boundary if boundary else b""):
        if begin >= 0:
            budget.take()
            part.children.append(_read_part(raw, begin, at, part.depth + 1, budget, is_message=False, default=default))
        begin = after
        if last:
            closed, begin = True, -1
            break
    if begin >= 0 and raw[begin:end].strip():
        budget.take()
        part.children.append(_read_part(raw, begin, end, part.depth + 1, budget, is_message=False, default=default))
    if not part.children:
        part.defects.append("multipart without parts")
        part.kind = Value("text/plain", {})
    elif not closed:
        part.defects.append("multipart without its closing boundary")


def _first_boundary(raw: bytes, start: int, end: int) -> bytes:
    """The boundary that the body seems to use, when the header does not name one."""
    for line in raw[start : min(end, start + 4000)].split(b"\n"):
        line = line.strip()
        if line.startswith(b"--") and 3 < len(line) <= 80 and b" " not in line and line.strip(b"-"):
            return line[2:]
        if line:
            break
    return b""


def _delimiters(raw: bytes, start: int, end: int, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Each boundary line: where the part before it ends, where the next begins, whether it closes."""
    if not mark:
        return
    at = start
    while True:
        at = raw.find(mark, at, end)
        if at < 0:
            return
        if at > start and raw[at - 1] not in b"\r\n":
            at += len(mark)
            continue
        newline = raw.find(b"\n", at + len(mark), end)
        stop = newline if newline >= 0 else end
        rest = raw[at + len(mark) : min(stop, at + len(mark) + 200)]
        closes = rest.startswith(b"--")
        if rest[2:].strip() if closes else rest.strip():
            at += len(mark)
            continue
        before = at
        if before > start and raw[before - 1] == 0x0A:
            before -= 1
        if before > start and raw[before - 1] == 0x0D:
            before -= 1
        after = newline + 1 if newline >= 0 else end
        yield before, after, closes
        at = after


UUENCODE = ("x-uuencode", "uuencode", "x-uue", "uue")


def _decoded(body: bytes, encoding: str, defects: list[str], kind: str) -> bytes:
    if encoding in ("", "7bit", "8bit", "binary"):
        return body
    if encoding == "base64":
        return _from_base64(body, defects, is_text=kind.startswith("text/"))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in UUENCODE:
        return from_uuencode(body, defects)
    defects.append(f"unknown transfer encoding {encoding[:40]!r}")
    return body


def _from_base64(body: bytes, defects: list[str], *, is_text: bool) -> bytes:
    packed = body.translate(None, _NOT_BASE64)
    seen = len(body.translate(None, _BLANKS))
    # Words with spaces between them, or many foreign characters, were never encoded.
    if is_text and seen and ((seen - len(packed)) * 10 > seen or body.strip().count(b" ") * 50 > seen):
        defects.append("text that claims to be base64 is not")
        return body
    if seen != len(packed):
        defects.append("characters outside the alphabet in base64")
    pieces = [piece for piece in packed.split(b"=") if piece] if b"=" in packed[:-2] else [packed.rstrip(b"=")]
    out: list[bytes] = []
    for piece in pieces:
        if len(piece) % 4 == 1:
            defects.append("base64 is cut off")
            piece = piece[:-1]
        out.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)))
    return b"".join(out)


def from_uuencode(body: bytes, defects: list[str]) -> bytes:
    """The bytes between `begin` and `end` of a uuencoded body."""
    out: list[bytes] = []
    inside = False
    for line in body.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
            continue
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad the last line wrongly: take the count of bytes that the line claims.
            claimed = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out.append(binascii.a2b_uu(line[:claimed]))
            except binascii.Error:
                defects.append("a broken line in uuencoded data")
    return b"".join(out)
