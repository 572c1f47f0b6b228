"""Plain text as paragraphs with its links told apart; no markup is made here, templates do that."""

from dataclasses import dataclass

SCHEMES = ("https://", "http://")
TRAILING = ".,;:!?)]}>'\""
LONGEST_LINK = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """Some words, or a link with its address."""

    text: str
    href: str | None = None


Paragraph = list[Part]


def paragraphs(text: str) -> list[Paragraph]:
    """The text cut at empty lines; single line breaks stay inside, for the stylesheet to keep."""
    found: list[Paragraph] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            found.append(_parts("\n".join(lines)))
            lines = []
    return found


def _parts(text: str) -> Paragraph:
    """Cut out what begins like a web address and runs to the next space."""
    parts: Paragraph = []
    done = 0
    start = _next_scheme(text, 0)
    while start >= 0:
        end = start
        while end < len(text) and not text[end].isspace() and text[end] not in '<>"' and end - start < LONGEST_LINK:
            end += 1
        while end > start and text[end - 1] in TRAILING:
            end -= 1
        if start > done:
            parts.append(Part(text[done:start]))
        parts.append(Part(text[start:end], text[start:end]))
        done = end
        start = _next_scheme(text, end)
    if done < len(text):
        parts.append(Part(text[done:]))
    return parts


def _next_scheme(text: str, begin: int) -> int:
    """Where the next web address with at least one character after its scheme begins, or -1."""
    while (found := text.find("http", begin)) >= 0:
        for scheme in SCHEMES:
            after = found + len(scheme)
            if text.startswith(scheme, found) and after < len(text) and text[after].isalnum():
                return found
        begin = found + 4
    return -1
