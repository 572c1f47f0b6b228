"""Encoded words in headers (RFC 2047), as mailers really write them."""

import binascii

from ticketdesk.channels.email import charsets, limits
from ticketdesk.channels.email.model import Unreadable


def decode_words(raw: bytes, hint: str = "") -> str:
    """Text of a header value; raw 8-bit characters are taken as UTF-8 or as `hint`.

    Raises Unreadable for more encoded words than anyone sends.
    """
    if b"=?" not in raw:
        return _plain(raw, hint)
    if raw.count(b"=?") > limits.MAX_ENCODED_WORDS:
        raise Unreadable(f"more than {limits.MAX_ENCODED_WORDS} encoded words in one header")
    out: list[str] = []
    # Bytes of neighbouring words are joined before decoding: mailers cut characters in two.
    waiting, label = b"", ""
    at = 0
    while (word := _next_word(raw, at)) is not None:
        begin, end, charset, content = word
        between = raw[at:begin]
        if not label:
            out.append(_plain(between, hint))
        elif between.strip():
            out += (charsets.decode(waiting, label)[0], _plain(between, hint))
            waiting = b""
        elif charset.lower() != label.lower():
            out.append(charsets.decode(waiting, label)[0])
            waiting = b""
        waiting, label = waiting + content, charset
        at = end
    if label:
        out.append(charsets.decode(waiting, label)[0])
    out.append(_plain(raw[at:], hint))
    return "".join(out)


def _plain(raw: bytes, hint: str) -> str:
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii").replace("\0", "")
    text, defect = charsets.decode(raw)
    if defect is None and not hint:
        return text
    try:
        return charsets.clean_text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return charsets.decode(raw, hint)[0]


def _next_word(raw: bytes, at: int) -> tuple[int, int, str, bytes] | None:
    """The next encoded word at or after `at`: begin, end, charset, bytes."""
    while True:
        begin = raw.find(b"=?", at)
        if begin < 0:
            return None
        at = begin + 2
        mark = raw.find(b"?", at, at + 60)
        if mark < 0 or raw[mark + 1 : mark + 3] not in (b"b?", b"B?", b"q?", b"Q?"):
            continue
        stop = raw.find(b"?=", mark + 3)
        following = raw.find(b"=?", mark + 3)
        if stop < 0 or (0 <= following < stop - 1):
            # A word that never ends is tolerated at the very end of the header only.
            if following >= 0 or raw.find(b" ", mark + 3) >= 0:
                continue
            stop = len(raw)
        content = raw[mark + 3 : stop]
        charset = raw[at:mark].decode("latin-1").partition("*")[0]
        if raw[mark + 1] in b"qQ":
            found = binascii.a2b_qp(content.replace(b" ", b"_"), header=True)
        else:
            found = _from_base64(content)
        return begin, min(stop + 2, len(raw)), charset, found


def _from_base64(content: bytes) -> bytes:
    packed = b"".join(content.split()).rstrip(b"=")
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    try:
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
    except binascii.Error:
        return packed
