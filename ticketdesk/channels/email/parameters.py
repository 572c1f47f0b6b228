"""Values with parameters, such as Content-Type and Content-Disposition (RFC 2045, 2231)."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ticketdesk.channels.email import charsets, limits
from ticketdesk.channels.email.model import Unreadable
from ticketdesk.channels.email.words import decode_words


@dataclass(frozen=True, slots=True)
class Value:
    """The main value in lower case and the decoded parameters by lower-case name."""

    main: str
    parameters: dict[str, str]


def parse_value(raw: bytes) -> Value:
    """Read a parameterised header value; raises Unreadable for more parameters than anyone sends."""
    # A character for each byte, so that what is not ASCII is decoded once, at the end.
    text = raw.decode("latin-1")
    main, rest = _until(text, 0, ";")
    plain: dict[str, str] = {}
    # name -> {number of the piece: (text, whether percent-encoded)}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    count = 0
    while rest < len(text):
        name, rest = _until(text, rest, "=;")
        name = name.strip().lower()
        value = ""
        if rest and rest <= len(text) and text[rest - 1 : rest] == "=":
            value, rest = _value(text, rest)
        if not name:
            continue
        count += 1
        if count > limits.MAX_PARAMETERS:
            raise Unreadable(f"more than {limits.MAX_PARAMETERS} parameters in one header")
        base, star, number = name.partition("*")
        if not star:
            plain.setdefault(name, value)
            continue
        encoded = number.endswith("*") or number == ""
        digits = number.rstrip("*")
        pieces.setdefault(base, {}).setdefault(int(digits) if digits.isdecimal() else 0, (value, encoded))
    found = {name: decode_words(value.encode("latin-1")) for name, value in plain.items()}
    for base, numbered in pieces.items():
        found[base] = _joined(numbered)
    return Value(main.split()[0].lower() if main.split() else "", found)


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231: pieces in order; the first encoded one may name a charset."""
    label = ""
    out = bytearray()
    encoded_any = False
    for position, number in enumerate(sorted(numbered)):
        text, encoded = numbered[number]
        if encoded:
            encoded_any = True
            if position == 0 and text.count("'") >= 2:
                label, _, text = text.split("'", 2)
            out += unquote_to_bytes(text.encode("latin-1"))
        else:
            out += text.encode("latin-1")
    if encoded_any:
        return charsets.decode(bytes(out), label)[0]
    return decode_words(bytes(out))


def _until(text: str, at: int, marks: str) -> tuple[str, int]:
    """Text up to the first of `marks` and the place after it."""
    ends = [found for mark in marks if (found := text.find(mark, at)) >= 0]
    if not ends:
        return text[at:], len(text)
    return text[at : min(ends)], min(ends) + 1


def _value(text: str, at: int) -> tuple[str, int]:
    """A quoted or bare value that begins at `at`, and where the next parameter begins."""
    while at < len(text) and text[at] in " \t":
        at += 1
    if at >= len(text) or text[at] != '"':
        # Unquoted names with spaces are common; an encoded word may hold a semicolon.
        if text.startswith("=?", at):
            end = text.find("?=", text.find("?", text.find("?", at + 2) + 1) + 1)
            if end >= 0:
                value, after = _until(text, end + 2, ";")
                return (text[at : end + 2] + value).strip(), after
        value, after = _until(text, at, ";")
        return value.strip(), after
    out: list[str] = []
    at += 1
    while at < len(text):
        stop = _first_of(text, at)
        out.append(text[at:stop])
        if stop >= len(text):
            return "".join(out), len(text)
        if text[stop] == '"':
            at = stop + 1
            break
        out.append(text[stop + 1 : stop + 2])
        at = stop + 2
    return "".join(out), _until(text, at, ";")[1]


def _first_of(text: str, at: int) -> int:
    quote, slash = text.find('"', at), text.find("\\", at)
    if slash < 0 or (0 <= quote < slash):
        return quote if quote >= 0 else len(text)
    return slash
