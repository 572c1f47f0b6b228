"""The original inside a forwarded mail."""

from ticketdesk.channels.email import attributions, limits, separators
from ticketdesk.channels.email.addresses import find_addresses
from ticketdesk.channels.email.header_labels import Block, find_block, read_label
from ticketdesk.channels.email.headers import date_of, mailboxes, parse_date, text_of
from ticketdesk.channels.email.mime import Part
from ticketdesk.channels.email.model import Forwarded, Mailbox

_PREFIXES = (
    "fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "vb:", "pd:", "vl:", "doorst:", "doorsturen:", "videresend:",
    "videresendt:", "přep:",
    "fwd :", "tr :", "fw :", "redir.:", "i:", "ilt:", "yml:", "továbbítás:", "tov:", "továbbítva:", "továbbítva :",
    "vs:", "fs:", "res:",
    "fwd：", "转发:", "转发：", "轉寄:", "轉寄：", "転送:", "전달:", "пересл:", "пер:", "πρθ:", "הועבר:",
    "إعادة توجيه:",
    "edasi:", "pst:", "pt:",
    "prosl:", "proslijeđeno:", "[fwd:", "(fwd)", "forward:", "fwd.:", "přeposláno:", "preposlané:",
    "preposlaná správa:", "encaminhada:",
)  # fmt: skip


_MARKER_ENDS = (":", "：", " ")


def find(subject: str, text: str, files: list[Part]) -> Forwarded | None:
    """The original that a text body forwards or that is attached whole, or None."""
    prefixed = is_marked(subject)
    lines = [line[: limits.MAX_LINE_CHARS] for line in text.split("\n", 4000)[:4000]]
    return _in_text(lines, prefixed=prefixed) or (_attached(files) if prefixed or not text.strip() else None)


def is_marked(subject: str) -> bool:
    """Whether the subject says that the mail is forwarded."""
    return subject.strip().lower().startswith(_PREFIXES)


def _in_text(lines: list[str], *, prefixed: bool) -> Forwarded | None:
    words_above = False
    for at, line in enumerate(lines):
        bare = line.strip(" \t>\ufeff\u00a0*")
        if not bare:
            continue
        if separators.is_forward(line):
            return _after_marker(lines, at)
        if separators.is_original(line) and words_above and not prefixed:
            return None
        if separators.is_rule(line) or separators.is_original(line):
            continue
        label = read_label(line)
        block = find_block(lines, at) if label else None
        if block is not None:
            return _from_block(lines, block) if prefixed or not words_above else None
        if (
            not words_above
            and (line.lstrip().startswith(">") or "---" in line)
            and bare.rstrip("-").endswith(_MARKER_ENDS)
        ):
            # Apple's and others' words for `forwarded message` in a language not listed.
            forward = _after_marker(lines, at, certain=False)
            if forward is not None:
                return forward
        if not words_above or prefixed:
            end = _attribution(lines, at)
            if end and (prefixed or _is_indented(lines, end)):
                return _from_attribution(lines, at, end)
            if end:
                return None
        elif attributions.is_attribution(line):
            return None
        words_above = True
    return None


def _after_marker(lines: list[str], at: int, *, certain: bool = True) -> Forwarded | None:
    """What follows a line that says `forwarded message`."""
    seen = 0
    for number in range(at + 1, min(len(lines), at + 12)):
        if not lines[number].strip(" \t>\u00a0"):
            continue
        if read_label(lines[number]) and (block := find_block(lines, number)):
            return _from_block(lines, block)
        end = _attribution(lines, number) if certain else 0
        if end:
            return _from_attribution(lines, number, end)
        seen += 1
        if seen > 2:
            break
    sender = _mailbox(_behind_marker(lines[at])) if certain else None
    return Forwarded(sender, (), "", None, _text(lines, at + 1)) if sender else None


def _behind_marker(line: str) -> str:
    """The first value behind the closing dashes of a marker, for mailers that break no lines."""
    rest = line.rpartition("--")[2] if line.count("--") > 1 else line
    label = read_label(rest)
    return label[1].partition(">")[0] + ">" if label and label[0] == "from" else rest


def _attribution(lines: list[str], at: int) -> int:
    joined = ""
    for number in range(at, min(len(lines), at + 4)):
        line = lines[number].strip(" \t>\ufeff")
        joined = f"{joined} {line}".strip()
        if attributions.is_attribution(joined):
            return number + 1
        if not attributions.may_begin(joined):
            return 0
    return 0


def _is_indented(lines: list[str], at: int) -> bool:
    """Outlook indents what it forwards under an attribution; a reply it does not."""
    first = next((line for line in lines[at : at + 6] if line.strip()), "")
    return first.startswith(("    ", "\t"))


def _from_block(lines: list[str], block: Block) -> Forwarded:
    values = block.values
    return Forwarded(
        sender=_mailbox(values["from"]),
        to=tuple(
            mailbox
            for piece in values.get("to", "")[:4000].replace(";", ",").split(">,")[: limits.MAX_PARTS]
            if (mailbox := _mailbox(piece)) is not None
        ),
        subject=values.get("subject", ""),
        date=parse_date(values.get("date", "")),
        text=_text(lines, block.end),
    )


def _from_attribution(lines: list[str], at: int, end: int) -> Forwarded:
    sentence = " ".join(line.strip(" \t>\ufeff") for line in lines[at:end])
    return Forwarded(_mailbox(sentence, named=False), (), "", None, _text(lines, end))


def _text(lines: list[str], at: int) -> str:
    rest = lines[at:]
    full = [line for line in rest if line.strip()]
    if full and all(line.startswith(">") for line in full[:5]):
        rest = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in rest]
    return "\n".join(rest).strip()


def _mailbox(text: str, *, named: bool = True) -> Mailbox | None:
    """The first address in a loose line and the name before it."""
    found = find_addresses(text)
    if not found:
        name = text.strip(" \t\"'*")
        return Mailbox(name, "") if named and name and "----" not in name else None
    at = text.lower().find(found[0].partition("@")[0] + "@")
    name = text[: max(at, 0)].replace("mailto:", "").strip(" \t\"'<([*_|") if named else ""
    return Mailbox(name if "@" not in name else "", found[0])


def _attached(files: list[Part]) -> Forwarded | None:
    """A single mail attached whole."""
    mails = [part for part in files if part.content_type == "message/rfc822" and part.children]
    if len(mails) != 1:
        return None
    inner = mails[0].children[0]
    senders = mailboxes(inner, "from")
    if not senders:
        return None
    words = next((part for part in inner.walk() if part.content_type == "text/plain"), None)
    text = words.body().decode("utf-8", "replace").replace("\0", "") if words and not words.children else ""
    return Forwarded(senders[0], mailboxes(inner, "to"), text_of(inner, "subject"), date_of(inner), text)
