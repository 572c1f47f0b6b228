"""Is the sender who they say: what a relay that we trust found out (RFC 8601), and nobody else's word."""

from collections.abc import Iterator, Sequence
from typing import Literal

Verdict = Literal["proven", "failed", "unknown"]
LONGEST = 4000


def judge(results: Sequence[str], trusted_relay: str | None, sender_domain: str) -> Verdict:
    """Whether the relay named as trusted proved the sender's domain, found it forged, or said nothing.

    Only the topmost header counts: a relay writes its own above whatever the sender brought along, and takes away
    those that bear its name (RFC 8601, 5).
    """
    if not trusted_relay or not results or not sender_domain:
        return "unknown"
    statements = list(_statements(results[0][:LONGEST]))
    if not statements or statements[0].split()[:1] != [trusted_relay.lower()]:
        return "unknown"
    found: Verdict = "unknown"
    for statement in statements[1:]:
        properties = _properties(statement)
        for method, key in (("dmarc", "header.from"), ("dkim", "header.d"), ("spf", "smtp.mailfrom")):
            result = properties.get(method)
            if result is None:
                continue
            aligned = _aligned(properties.get(key) or properties.get("header.i", ""), sender_domain)
            if method == "dmarc" and result == "fail" and aligned:
                return "failed"
            if result == "pass" and aligned:
                found = "proven"
    return found


def _aligned(named: str, sender_domain: str) -> bool:
    """Exactly the sender's domain: without a list of public suffixes, anything looser would guess."""
    return named.strip('"<>').rpartition("@")[2].rstrip(".") == sender_domain


def _properties(statement: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in statement.split():
        name, equals, value = word.partition("=")
        if equals:
            found.setdefault(name, value)
    return found


def _statements(header: str) -> Iterator[str]:
    """The parts between semicolons in lower case, without comments, spaces around equal signs closed up."""
    plain: list[str] = []
    depth, quoted = 0, False
    for letter in header.lower():
        if letter == '"' and not depth:
            quoted = not quoted
        elif not quoted and letter == "(":
            depth += 1
        elif not quoted and letter == ")" and depth:
            depth -= 1
        elif not depth:
            # What is quoted must not pass for another statement or another property.
            plain.append("_" if quoted and (letter in ";=" or letter.isspace()) else letter)
    for statement in "".join(plain).split(";"):
        yield "=".join(part.strip() for part in statement.split("="))
