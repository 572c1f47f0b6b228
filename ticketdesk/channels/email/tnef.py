"""The files inside a winmail.dat (Microsoft's MS-OXTNEF)."""

import struct
from dataclasses import dataclass

from ticketdesk.channels.email import charsets, limits

_SIGNATURE = 0x223E9F78
_ATTACH_DATA, _ATTACH_TITLE, _ATTACH_REND, _ATTACHMENT = 0x800F, 0x8010, 0x9002, 0x9005
_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
# MAPI properties that name and hold a file.
_DATA, _DISPLAY_NAME, _FILENAME, _LONG_FILENAME, _MIME_TAG, _CONTENT_ID = 0x3701, 0x3001, 0x3704, 0x3707, 0x370E, 0x3712
_PLAIN_BODY, _HTML_BODY = 0x1000, 0x1013
# Sizes of the property types of fixed length.
_FIXED = {
    0x0001: 4, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
    0x0040: 8, 0x0048: 16,
}  # fmt: skip
_VARIABLE = (0x000D, 0x001E, 0x001F, 0x0102)


@dataclass(slots=True)
class File:
    """One member."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str | None = None


@dataclass(slots=True)
class Members:
    """What a winmail.dat holds."""

    files: list[File]
    text: str = ""
    html: str = ""


def read(raw: bytes) -> Members | None:
    """The members, or None when `raw` is no TNEF stream; what is cut off is left out."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != _SIGNATURE:
        return None
    members = Members([])
    codec = "cp1252"
    at = 6
    while at + 9 <= len(raw):
        attribute, _, size = struct.unpack_from("<HHI", raw, at + 1)
        begin, at = at + 9, at + 9 + size + 2
        value = raw[begin : begin + size]
        if len(value) < size:
            break
        if attribute == _CODE_PAGE and size >= 4:
            codec = charsets.codec_for(f"cp{struct.unpack_from('<I', value)[0]}") or codec
        elif attribute == _ATTACH_REND:
            if len(members.files) >= limits.MAX_PARTS:
                break
            members.files.append(File())
        elif attribute == _BODY:
            members.text = _string(value, codec)
        elif attribute == _MESSAGE_PROPERTIES:
            for name, _kind, content in _properties(value, codec):
                if name == _HTML_BODY and isinstance(content, bytes):
                    members.html = charsets.decode(content)[0]
                elif name == _PLAIN_BODY and isinstance(content, str):
                    members.text = content
        elif members.files:
            _fill(members.files[-1], attribute, value, codec)
    members.files = [one for one in members.files if one.name or one.content]
    return members


def _fill(file: File, attribute: int, value: bytes, codec: str) -> None:
    if attribute == _ATTACH_TITLE:
        file.name = file.name or _string(value, codec)
    elif attribute == _ATTACH_DATA:
        file.content = value
    elif attribute == _ATTACHMENT:
        for name, kind, content in _properties(value, codec):
            if isinstance(content, bytes):
                if name == _DATA and content:
                    # An embedded object begins with the 16 bytes of its interface id.
                    file.content = content[16:] if kind == 0x000D else content
            elif name == _LONG_FILENAME and content:
                file.name = content
            elif name in (_FILENAME, _DISPLAY_NAME) and content:
                file.name = file.name or content
            elif name == _MIME_TAG:
                file.content_type = content.strip().lower()
            elif name == _CONTENT_ID:
                file.content_id = content.strip("<> ") or None


def _properties(value: bytes, codec: str) -> list[tuple[int, int, str | bytes]]:
    """The text and binary properties of a MAPI property list: id, type, value."""
    found: list[tuple[int, int, str | bytes]] = []
    try:
        count = struct.unpack_from("<I", value)[0]
        at = 4
        for _ in range(min(count, 5_000)):
            kind, name = struct.unpack_from("<HH", value, at)
            at += 4
            if name >= 0x8000:
                at = _skip_name(value, at)
            multiple, kind = kind & 0x1000, kind & 0x0FFF
            if kind in _FIXED:
                times = 1
                if multiple:
                    times = struct.unpack_from("<I", value, at)[0]
                    at += 4
                at += times * _FIXED[kind]
            elif kind in _VARIABLE:
                times = struct.unpack_from("<I", value, at)[0]
                at += 4
                for _ in range(min(times, 5_000)):
                    size = struct.unpack_from("<I", value, at)[0]
                    content = value[at + 4 : at + 4 + size]
                    at += 4 + size + (-size % 4)
                    found.append((name, kind, _typed(content, kind, codec)))
            else:
                break
            if at > len(value):
                break
    except struct.error:
        pass
    return found


def _skip_name(value: bytes, at: int) -> int:
    """Step over the name of a named property."""
    kind = struct.unpack_from("<I", value, at + 16)[0]
    at += 20
    if kind == 0:
        return at + 4
    size = struct.unpack_from("<I", value, at)[0]
    return int(at + 4 + size + (-size % 4))


def _typed(content: bytes, kind: int, codec: str) -> str | bytes:
    if kind == 0x001F:
        return charsets.clean_text(content.decode("utf-16-le", "replace").rstrip("\0"))
    if kind == 0x001E:
        return _string(content, codec)
    return content


def _string(content: bytes, codec: str) -> str:
    return charsets.clean_text(content.rstrip(b"\0").decode(codec, "replace"))
