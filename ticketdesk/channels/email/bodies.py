"""The words of a mail: plain text and HTML, out of its parts."""

from dataclasses import dataclass, field

from ticketdesk.channels.email import charsets
from ticketdesk.channels.email.mime import Part

_EMBEDDED = ("message/rfc822", "message/global", "message/news")


@dataclass(slots=True)
class Bodies:
    """The text parts in order, and every other part as a candidate attachment."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    others: list[Part] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.plain)


def collect(root: Part) -> Bodies:
    """Sort the leaves of a mail into words and files."""
    found = Bodies()
    _sort(root, found, parent="", first=True)
    return found


def _sort(part: Part, found: Bodies, *, parent: str, first: bool) -> None:
    kind = part.content_type
    if part.is_multipart:
        for number, child in enumerate(part.children):
            _sort(child, found, parent=kind, first=number == 0)
        return
    if kind in _EMBEDDED or not _is_words(part, parent, first):
        found.others.append(part)
        return
    text = text_of(part)
    if kind in ("text/html", "application/xhtml+xml"):
        found.html.append(text)
    elif kind in ("text/enriched", "text/richtext"):
        found.plain.append(_without_markup(text))
    elif text.strip() or not found.plain:
        found.plain.append(text)


def text_of(part: Part) -> str:
    """The decoded text of a text part, with plain line ends."""
    raw = part.body()
    label = part.kind.parameters.get("charset", "")
    if part.content_type == "text/html" and not label:
        label = _meta_charset(raw)
    text, defect = charsets.decode(raw, label)
    if defect:
        part.defects.append(defect)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.kind.parameters.get("format", "").lower() == "flowed" and part.content_type == "text/plain":
        text = unflow(text, delete_space=part.kind.parameters.get("delsp", "").lower() == "yes")
    return text


def _is_words(part: Part, parent: str, first: bool) -> bool:
    """Whether the part is something to read rather than a file."""
    kind = part.content_type
    if part.disposition.main == "attachment":
        return False
    if kind not in ("text/plain", "text/html", "application/xhtml+xml", "text/enriched", "text/richtext"):
        return False
    name = part.disposition.parameters.get("filename") or part.kind.parameters.get("name")
    if name and not (parent in ("", "multipart/alternative", "multipart/related") and first):
        return False
    return not (parent == "multipart/related" and not first and kind == "text/plain" and part.first("content-id"))


def _meta_charset(raw: bytes) -> str:
    """The charset that an HTML page names for itself."""
    head = raw[:2048].lower()
    at = head.find(b"charset=")
    if at < 0:
        return ""
    value = head[at + 8 : at + 60].lstrip(b"\"' ")
    for mark in (b'"', b"'", b";", b">", b" ", b"/"):
        value = value.partition(mark)[0]
    return value.decode("latin-1")


def unflow(text: str, *, delete_space: bool) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676), within one quote depth only."""
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:]
        if words.startswith(" "):
            words = words[1:]
        if pending and depth != pending_depth:
            out.append(_quoted("".join(pending), pending_depth))
            pending = []
        if words.endswith(" ") and words != "-- ":
            pending.append(words[:-1] if delete_space else words)
            pending_depth = depth
        else:
            pending.append(words)
            out.append(_quoted("".join(pending), depth))
            pending = []
    if pending:
        out.append(_quoted("".join(pending), pending_depth))
    return "\n".join(out)


def _quoted(words: str, depth: int) -> str:
    return f"{'>' * depth} {words}" if depth else words


def _without_markup(text: str) -> str:
    """Enriched text (RFC 1896) as plain text."""
    out: list[str] = []
    at = 0
    while at < len(text):
        begin = text.find("<", at)
        if begin < 0:
            break
        out.append(text[at:begin])
        if text.startswith("<<", begin):
            out.append("<")
            at = begin + 2
            continue
        stop = text.find(">", begin)
        if stop < 0:
            at = begin
            break
        if text[begin : stop + 1].lower() == "<param>":
            end = text.lower().find("</param>", stop)
            stop = end + 7 if end >= 0 else stop
        at = stop + 1
    out.append(text[at:])
    return "".join(out)
