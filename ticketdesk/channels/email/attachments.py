"""The files of a mail, with names that can be shown."""

import mimetypes
from urllib.parse import unquote

from ticketdesk.channels.email import binhex, charsets, tnef
from ticketdesk.channels.email.headers import text_of
from ticketdesk.channels.email.mime import UUENCODE, Part
from ticketdesk.channels.email.model import Attachment

_MAX_NAME = 200
# Path separators, and the marks that make "gpj.exe" read as "exe.jpg".
_MIXED_UP = str.maketrans("/\\", "__", "\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def collect(parts: list[Part], html: str) -> tuple[Attachment, ...]:
    """Attachments out of the parts that are no words; `html` tells which of them the body shows."""
    found: list[Attachment] = []
    for part in parts:
        if part.content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or _claimed_name(part).lower() in (
            "winmail.dat",
            "win.dat",
        ):
            members = tnef.read(part.body())
            if members is not None:
                found.extend(_member(member, number) for number, member in enumerate(members.files, 1))
                continue
        found.append(_attachment(part, len(found) + 1, html))
    return tuple(found)


def _attachment(part: Part, number: int, html: str) -> Attachment:
    if part.children and part.content_type.startswith("message/"):
        content = part.raw[part.start : part.end]
        if part.encoding in ("base64", "quoted-printable"):
            content = part.body()
    else:
        content = part.body()
    name = safe_name(_claimed_name(part))
    wrapped = _length(part.raw[part.start : part.end]) if part.encoding in UUENCODE else None
    if part.content_type == "application/mac-binhex40" and (old := binhex.read(content)) is not None:
        wrapped = _length(content)
        content, name = old.content, name or safe_name(old.name)
    kind = part.content_type
    content_id = _content_id(part)
    shown = content_id is not None and f"cid:{content_id}" in html
    inline = shown or (part.disposition.main == "inline" and (kind.startswith("image/") or content_id is not None))
    return Attachment(
        filename=name or _made_up_name(part, kind, number),
        content_type=kind,
        size=len(content),
        inline=inline,
        content_id=content_id,
        content=content,
        wrapped=wrapped,
    )


def _length(lines: bytes) -> int:
    """How long a text would be as a file: what ends a line counts once, however it travelled."""
    return len(lines) - lines.count(b"\r\n")


def _member(member: tnef.File, number: int) -> Attachment:
    name = safe_name(member.name) or f"attachment-{number}"
    kind = member.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Attachment(name, kind, len(member.content), False, member.content_id, member.content)


def _content_id(part: Part) -> str | None:
    raw = part.first("content-id")
    text = charsets.one_line(charsets.decode(raw)[0]).strip("<> ")[:_MAX_NAME] if raw else ""
    return text or None


def _claimed_name(part: Part) -> str:
    name = part.disposition.parameters.get("filename") or part.kind.parameters.get("name") or ""
    if not name:
        raw = part.first("content-location") or b""
        location = charsets.decode(raw[:500])[0].strip()
        if location and part.content_type.startswith(("image/", "application/")):
            name = unquote(location.rpartition("/")[2])
    if "%" in name and "%20" in name:
        name = unquote(name)
    return name


def safe_name(name: str) -> str:
    """A file name without path, control characters and direction marks."""
    flat = charsets.one_line(name).translate(_MIXED_UP).strip()
    if len(flat) > _MAX_NAME:
        stem, dot, ending = flat.rpartition(".")
        flat = f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 12 else flat[:_MAX_NAME]
    return "" if flat in (".", "..") else flat


def _made_up_name(part: Part, kind: str, number: int) -> str:
    if kind.startswith("message/") and part.children:
        subject = safe_name(text_of(part.children[0], "subject"))[:80]
        return f"{subject or 'message'}.eml"
    ending = mimetypes.guess_extension(kind)
    content_id = safe_name((_content_id(part) or "").partition("@")[0])
    return f"attachment-{number}{ending or ''}" if ending or not content_id else content_id
