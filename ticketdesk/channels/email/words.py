"""Encoded words in headers (RFC 2047), as mailers really write them."""

import binascii

from ticketdesk.channels.email import charsets, limits
from ticketdesk.channels.email.model import Unreadable


def decode_words(raw: bytes) -> str:
    """Text of a header value; raises Unreadable for more encoded words than anyone sends."""
    text = charsets.decode(raw)[0]
    if "=?" not in text:
        return text
    if text.count("=?") > limits.MAX_ENCODED_WORDS:
        raise Unreadable(f"more than {limits.MAX_ENCODED_WORDS} encoded words in one header")
    out: list[str] = []
    # Bytes of neighbouring words are joined before decoding: mailers cut characters in two.
    waiting, label = b"", ""
    at = 0
    while True:
        word = _next_word(text, at)
        if word is None:
            break
        begin, end, charset, content = word
        between = text[at:begin]
        if waiting or label:
            if between.strip() or charset.lower() != label.lower():
                out.append(_decoded(waiting, label))
                waiting, label = b"", ""
                out.append(between if between.strip() else "")
        else:
            out.append(between)
        waiting, label = waiting + content, charset
        at = end
    if waiting or label:
        out.append(_decoded(waiting, label))
    out.append(text[at:])
    return charsets.clean_text("".join(out))


def _decoded(content: bytes, label: str) -> str:
    return charsets.decode(content, label)[0]


def _next_word(text: str, at: int) -> tuple[int, int, str, bytes] | None:
    """The next encoded word at or after `at`: begin, end, charset, bytes."""
    while True:
        begin = text.find("=?", at)
        if begin < 0:
            return None
        at = begin + 2
        mark = text.find("?", at, at + 60)
        if mark < 0 or text[mark + 1 : mark + 2] not in ("b", "B", "q", "Q") or text[mark + 2 : mark + 3] != "?":
            continue
        stop = text.find("?=", mark + 3)
        following = text.find("=?", mark + 3)
        if stop < 0 or (0 <= following < stop and text[stop - 1 : stop] != "="):
            # A word that never ends: tolerate it at the very end of the header.
            if following >= 0 or text.find(" ", mark + 3) >= 0:
                continue
            stop = len(text)
        content = text[mark + 3 : stop]
        charset = text[at:mark].partition("*")[0]
        if text[mark + 1] in "qQ":
            found = binascii.a2b_qp(content.replace(" ", "_").encode("utf-8", "replace"), header=True)
        else:
            found = _from_base64(content)
        return begin, min(stop + 2, len(text)), charset, found


def _from_base64(content: str) -> bytes:
    packed = "".join(content.split()).rstrip("=")
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    try:
        return binascii.a2b_base64(packed.encode("ascii", "ignore") + b"=" * (-len(packed) % 4))
    except binascii.Error:
        return packed.encode("utf-8", "replace")
