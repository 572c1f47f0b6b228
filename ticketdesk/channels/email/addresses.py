"""Who a header names: tolerant lists for showing, a strict reading for believing."""

import re
from dataclasses import dataclass, field

from ticketdesk.channels.email import charsets, limits
from ticketdesk.channels.email.model import Mailbox, Unreadable
from ticketdesk.channels.email.words import decode_words
from ticketdesk.contacts import addresses

_STRICT = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@((?:[A-Za-z0-9_-]{1,63}\.){1,20}[A-Za-z0-9-]{1,63})\.?")
_ANY_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"'\\]{1,200}@[^\s@<>()\[\],;:\"'\\]{1,250}")
_MAX_ADDRESS = 320


def normalise(address: str) -> str:
    """The form in which addresses are compared, of what a header or a person may have written."""
    return addresses.normal(charsets.one_line(charsets.clean_text(address[: 2 * _MAX_ADDRESS])))


def is_address(text: str) -> bool:
    """Whether `text` is nothing but one plain address."""
    return _STRICT.fullmatch(text) is not None


def find_addresses(text: str) -> list[str]:
    """Every address in loose text, normalised, each once, in order."""
    found = (normalise(match.group().removeprefix("SMTP=").strip(".-=&")) for match in _ANY_ADDRESS.finditer(text))
    return list(dict.fromkeys(address for address in found if is_address(address)))


@dataclass(slots=True)
class _Reading:
    """One entry of an address list while it is read."""

    phrase: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    angles: int = 0
    has_at: bool = False


def parse_list(raw: bytes, hint: str = "") -> list[Mailbox]:
    """All mailboxes of a header, groups flattened; raises Unreadable for more than anyone writes to."""
    found: list[Mailbox] = []
    for entry in _entries(raw.decode("latin-1")):
        mailbox = _mailbox(entry, hint)
        if mailbox is not None:
            found.append(mailbox)
            if len(found) > limits.MAX_ADDRESSES:
                raise Unreadable(f"more than {limits.MAX_ADDRESSES} addresses in one header")
    return found


def parse_strict(values: list[bytes], hint: str = "") -> Mailbox | None:
    """The one sender that nobody can read in two ways (SECURITY fact 8), or None."""
    if len(values) != 1:
        return None
    entries = [entry for entry in _entries(values[0].decode("latin-1")) if entry.phrase or entry.bare or entry.angles]
    if len(entries) != 1:
        return None
    entry = entries[0]
    mailbox = _mailbox(entry, hint)
    if mailbox is None or entry.angles > 1:
        return None
    if entry.angle is not None:
        written = entry.angle
    else:
        written = "".join(entry.bare).strip()
        if any("@" in comment for comment in entry.comments):
            return None
    if b"\0" in values[0] and entry.angle is None:
        return None
    if not is_address(written.strip()) or "=?" in written:
        return None
    # A name that shows another address is a disguise, even when the address itself is plain.
    shown = find_addresses(mailbox.name) if "@" in mailbox.name else []
    if any(address != mailbox.address for address in shown):
        return None
    return mailbox


def _mailbox(entry: _Reading, hint: str) -> Mailbox | None:
    """The mailbox of an entry, whose texts still hold a character for each byte."""
    comments = " ".join(entry.comments)
    if entry.angle is not None:
        address, name = entry.angle, " ".join(entry.phrase)
        if ("@" in address and ":" in address.partition("@")[0] + address[:1]) or (
            address.startswith("@") and ":" in address
        ):
            address = address.rpartition(":")[2]
        address = "".join(address.split()) if '"' not in address else address.strip()
        if address.lower().startswith("mailto:"):
            address = address[7:]
        if "@" not in address and "@" in name and not address:
            address = next(iter(find_addresses(name)), "")
    else:
        address, name = _bare(entry)
        if "@" not in address and " " in address:
            name, address = " ".join(entry.phrase), ""
    decoded = charsets.one_line(decode_words((name or comments).encode("latin-1"), hint))
    address = decode_words(address.encode("latin-1"), hint)
    address = normalise(address.strip("<>'"))
    if len(address) > _MAX_ADDRESS:
        return None
    if not address and not decoded:
        return None
    return Mailbox(name=decoded.strip("'\" ") if decoded != "'" else "", address=address)


def _bare(entry: _Reading) -> tuple[str, str]:
    """Address and name of an entry without angle brackets."""
    text = "".join(entry.bare).strip()
    if " " not in text and "\t" not in text:
        return text, ""
    words = text.split()
    with_at = [word for word in words if "@" in word.strip("@")]
    if len(with_at) == 1:
        return with_at[0].strip("[]"), " ".join(word for word in words if word is not with_at[0])
    squeezed = "".join(words)
    if "@" in squeezed and ("@ " in text or " @" in text or ". " in text or " ." in text):
        return squeezed, ""
    return (with_at[0], "") if with_at else (text, text)


def _entries(text: str) -> list[_Reading]:
    """Split a header value at its commas, one pass, whatever is unbalanced in it."""
    found: list[_Reading] = []
    entry = _Reading()
    at, size = 0, len(text)

    def finish() -> None:
        nonlocal entry
        if entry.phrase or entry.bare or entry.comments or entry.angle is not None:
            found.append(entry)
            if len(found) > 2 * limits.MAX_ADDRESSES:
                raise Unreadable(f"more than {limits.MAX_ADDRESSES} addresses in one header")
        entry = _Reading()

    plain_from = 0
    # After one comment that never closes, no later one can close either.
    comments_close = True
    while at < size:
        char = text[at]
        if char not in '"(<,;:=':
            at += 1
            continue
        if char == "=" and not text.startswith("=?", at):
            at += 1
            continue
        plain_until = at
        _take_plain(entry, text[plain_from:at])
        if char == '"':
            content, at, closed = _quoted(text, at + 1)
            entry.phrase.append(content)
            entry.bare.append(f'"{content}"')
            if not closed and "<" in content and entry.angle is None:
                # An opening quote without its end must not swallow the address.
                name, _, rest = content.partition("<")
                entry.phrase[-1], entry.angle, entry.angles = name.strip(), rest.partition(">")[0], 1
        elif char == "(":
            content, at = _comment(text, at + 1) if comments_close else ("", at + 1)
            if content:
                entry.comments.append(content)
            elif at == plain_until + 1:
                comments_close = False
        elif char == "<":
            stop = text.find(">", at)
            following = text.find("<", at + 1)
            if stop < 0 or 0 <= following < stop:
                stop = following if following >= 0 else size
                content, at = text[at + 1 : stop], stop
            else:
                content, at = text[at + 1 : stop], stop + 1
            entry.angles += 1
            if entry.angle is None or "@" in content:
                entry.angle = content.strip()
        elif char == "=":
            stop = text.find("?=", text.find("?", text.find("?", at + 2) + 1) + 1)
            word = text[at : stop + 2] if stop > at else text[at : at + 2]
            at += len(word)
            _take_word(entry, word)
        elif char == ":":
            if entry.has_at or entry.angle is not None or _is_scheme(entry):
                entry.bare.append(":")
            else:
                entry = _Reading()  # the name of a group
            at += 1
        else:
            # "Doe, John <john@x>": an unquoted comma inside a name.
            if char == "," and entry.angle is None and not entry.has_at and _name_goes_on(text, at + 1):
                entry.phrase[-1:] = [f"{entry.phrase[-1] if entry.phrase else ''},"]
                entry.bare.append(",")
            else:
                finish()
            at += 1
        plain_from = at
    _take_plain(entry, text[plain_from:])
    finish()
    return found


def _is_scheme(entry: _Reading) -> bool:
    return len(entry.bare) == 1 and entry.bare[0].strip().lower() == "mailto"


def _name_goes_on(text: str, at: int) -> bool:
    """Whether the words after a comma lead to an address in angle brackets before the next comma."""
    piece = text[at : at + 120]
    angle = piece.find("<")
    if angle < 0:
        return False
    before = piece[:angle]
    return bool(before.strip()) and not any(mark in before for mark in ',;@":')


def _take_plain(entry: _Reading, text: str) -> None:
    if not text:
        return
    entry.bare.append(text)
    entry.has_at = entry.has_at or "@" in text
    if text.strip():
        stripped = text.strip()
        if entry.phrase and not text[0].isspace() and entry.phrase[-1]:
            entry.phrase[-1] += stripped
        else:
            entry.phrase.append(stripped)


def _take_word(entry: _Reading, word: str) -> None:
    # Glued encoded words stay glued, so that a letter cut in two is joined again.
    if entry.phrase and entry.bare and not entry.bare[-1][-1:].isspace():
        entry.phrase[-1] += word
    else:
        entry.phrase.append(word)
    entry.bare.append(word)


def _quoted(text: str, at: int) -> tuple[str, int, bool]:
    out: list[str] = []
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
        elif char == '"':
            return "".join(out), at + 1, True
        else:
            out.append(char)
            at += 1
    return "".join(out), at, False


def _comment(text: str, at: int) -> tuple[str, int]:
    depth, begin = 1, at
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return text[begin:at].strip(), at + 1
        at += 1
    # Never closed: the rest is taken as text, not swallowed.
    return "", begin
