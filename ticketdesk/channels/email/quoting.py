"""The newest words of a text body, apart from what it quotes and its signature."""

from dataclasses import dataclass

from ticketdesk.channels.email import attributions, limits, separators, signatures
from ticketdesk.channels.email.header_labels import find_block, read_label

_WINDOW = 7


@dataclass(frozen=True, slots=True)
class Cut:
    """A body in three; together they lose nothing but white space."""

    reply: str
    quoted: str
    signature: str


def split(text: str) -> Cut:
    """Cut a text body; when nothing would be left as the reply, all of it is the reply."""
    lines = text.split("\n")
    beyond = lines[limits.MAX_LINES :]
    lines = lines[: limits.MAX_LINES]
    return split_lines(lines, [_is_quoted(line) for line in lines], [False] * len(lines), beyond)


def split_lines(lines: list[str], quoted: list[bool], signed: list[bool], beyond: list[str]) -> Cut:
    """Cut lines of which some are already known to be quoted or signature; `beyond` was not looked at."""
    lines = [line.rstrip() for line in lines]
    _mark(lines, quoted)
    fresh = [number for number, is_old in enumerate(quoted) if not is_old]
    signature_from = signatures.find([lines[number] for number in fresh])
    signature = [lines[n] for at, n in enumerate(fresh) if at >= signature_from or signed[n]]
    reply = [lines[n] for at, n in enumerate(fresh) if at < signature_from and not signed[n]]
    if not any(line.strip() for line in reply):
        return Cut(_joined(lines + beyond), "", "")
    old = [line for line, is_old in zip(lines, quoted, strict=True) if is_old]
    return Cut(_joined(reply), _joined(old + beyond), _joined(signature))


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").rstrip()


def _is_quoted(line: str) -> bool:
    return line[:200].lstrip().startswith((">", "&gt;", "＞"))


def _mark(lines: list[str], quoted: list[bool]) -> None:
    """Find where quoting begins and mark every quoted line."""
    at, size = 0, len(lines)
    fresh_above = False
    while at < size:
        line = lines[at][: limits.MAX_LINE_CHARS]
        if not line.strip():
            at += 1
            continue
        if separators.is_forward(line) and not _is_deep(lines, quoted, at):
            # A forwarded mail is what the writer wants read.
            quoted[at:] = [False] * (size - at)
            return
        if quoted[at]:
            at += 1
            continue
        if separators.is_reply_marker(line) or separators.is_original(line):
            if fresh_above:
                _cut(lines, quoted, at)
                return
            quoted[at] = True
            at += 1
            continue
        block = find_block(lines, at) if read_label(line) else None
        if block is not None:
            if fresh_above:
                _cut(lines, quoted, at)
            return
        end = _attribution(lines, at)
        if end:
            followed = _next_is_quoted(lines, quoted, end)
            if fresh_above and not followed:
                _cut(lines, quoted, at)
                return
            quoted[at:end] = [True] * (end - at)
            at = end
            continue
        shared = attributions.shared_line(line)
        if shared is not None and line[:shared].strip():
            # The line is shared by reply and attribution: what follows is quoted.
            lines[at] = line[:shared].rstrip(" -")
            fresh_above = True
            if not _next_is_quoted(lines, quoted, at + 1):
                _cut(lines, quoted, at + 1)
                return
            at += 1
            continue
        fresh_above = True
        at += 1


def _cut(lines: list[str], quoted: list[bool], at: int) -> None:
    """Everything from `at` on is quoted, and the rule drawn above it."""
    while at and (not lines[at - 1].strip() or separators.is_rule(lines[at - 1])):
        at -= 1
    quoted[at:] = [True] * (len(quoted) - at)


def _is_deep(lines: list[str], quoted: list[bool], at: int) -> bool:
    """A forward inside of what a reply quotes is not the writer's own."""
    return quoted[at] and any(
        quoted[number] and not separators.is_forward(lines[number]) for number in range(max(0, at - 3), at)
    )


def _attribution(lines: list[str], at: int) -> int:
    """The line after the attribution that begins at `at`, or 0."""
    first = lines[at][: limits.MAX_LINE_CHARS]
    if attributions.is_attribution(first):
        return at + 1
    if not attributions.may_begin(first):
        return 0
    joined = first.strip()
    for number in range(at + 1, min(len(lines), at + _WINDOW)):
        line = lines[number][: limits.MAX_LINE_CHARS].strip()
        joined = f"{joined} {line}" if line else joined
        if len(joined) > attributions.MAX_CHARS:
            return 0
        if line and attributions.is_attribution(joined):
            return number + 1
        if line.endswith((":", "：")) and not line.startswith(("<", "mailto")):
            return 0
    return 0


def _next_is_quoted(lines: list[str], quoted: list[bool], at: int) -> bool:
    for number in range(at, min(len(lines), at + 6)):
        if lines[number].strip():
            return quoted[number]
    return False
