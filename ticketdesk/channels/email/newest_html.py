"""The newest words of an HTML mail as HTML: the part of the cleaned body that says what the reply text says."""

from collections import Counter
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ticketdesk.channels.email.quoting import Cut

LONGEST = 500_000
MOST_NODES = 20_000
MOST_TRIMMED = 200
ALIKE = 0.8
"""How much of the words two ways to cut must share to be taken for the same reply."""
_RICH = frozenset(("table", "img", "ul", "ol", "h1", "h2", "h3", "pre"))
_DRAWN = frozenset(("img", "hr"))


def newest(cleaned: str, cut: Cut, of_html: Cut) -> str | None:
    """The part of `cleaned` that holds the new words and nothing else; None when it must be shown whole.

    `cut` is what the conversation says in plain text; `of_html` is the same mail cut by its HTML. The places where
    the HTML is cut are found by the letters of the reply, so both always tell the same.
    """
    if not (cut.quoted or cut.signature or of_html.quoted) or len(cleaned) > LONGEST:
        return None
    wanted = [(cut.reply, cut.signature)]
    if of_html.reply != cut.reply and _alike(cut.reply, of_html.reply):
        wanted.append((of_html.reply, of_html.signature))
    for reply, signature in wanted:
        found = _cut_out(cleaned, _letters(reply), _letters(reply + signature))
        if found is not None:
            return found
    return None


def is_rich(cleaned: str) -> bool:
    """Whether HTML shows more than its words say: pictures, tables, lists, headings."""
    body = LexborHTMLParser(cleaned).body if len(cleaned) <= LONGEST else None
    if body is None:
        return False
    return any(node.tag in _RICH and _shows(node) for node in body.traverse())


def _shows(node: LexborNode) -> bool:
    """A table of one cell, and a picture that is nowhere, are how mail programs set plain words."""
    if node.tag == "table":
        return len(node.css("td, th")) > 1
    return node.tag != "img" or bool(node.attributes.get("src"))


def _cut_out(cleaned: str, top: str, bottom: str) -> str | None:
    """The HTML that begins with the letters of `top`, or, where the answer stands below, ends with `bottom`."""
    body = LexborHTMLParser(cleaned).body
    if body is None or not top:
        return None
    texts: list[tuple[LexborNode, str]] = []
    for count, node in enumerate(body.traverse(include_text=True)):
        if count > MOST_NODES:
            return None
        if node.tag == "-text" and (letters := _letters(node.text_content or "")) and not _is_hidden(node, body):
            texts.append((node, letters))
    total = sum(len(letters) for _, letters in texts)
    if total <= len(top):
        return None
    if (end := _boundary(texts, top, 0)) is not None:
        _remove_from(texts[end][0], body)
        _trim(body)
    elif total > len(bottom) and (begin := _boundary_before(texts, bottom, total)) is not None:
        _remove_before(texts[begin][0], body)
    else:
        return None
    return body.inner_html or None


def _boundary(texts: Sequence[tuple[LexborNode, str]], wanted: str, at: int) -> int | None:
    """The first text after the letters of `wanted`, if they end where a text ends."""
    for number, (_node, letters) in enumerate(texts):
        if at == len(wanted):
            return number
        if not wanted.startswith(letters, at):
            return None
        at += len(letters)
    return None


def _boundary_before(texts: Sequence[tuple[LexborNode, str]], wanted: str, total: int) -> int | None:
    at = 0
    for number, (_node, letters) in enumerate(texts):
        if at == total - len(wanted):
            rest = "".join(letters for _, letters in texts[number:])
            return number if number and rest == wanted else None
        at += len(letters)
    return None


def _remove_from(text: LexborNode, body: LexborNode) -> None:
    """Take away a text, the boxes that begin with it, and all that follows."""
    node = text
    while node.parent is not None and node.parent.mem_id != body.mem_id and not _has_before(node):
        node = node.parent
    above: LexborNode | None = node
    first = True
    while above is not None and above.mem_id != body.mem_id:
        parent = above.parent
        doomed = [above] if first else []
        after = above.next
        while after is not None:
            doomed.append(after)
            after = after.next
        for old in doomed:
            old.decompose()
        first, above = False, parent


def _remove_before(text: LexborNode, body: LexborNode) -> None:
    above: LexborNode | None = text
    while above is not None and above.mem_id != body.mem_id:
        before = above.prev
        while before is not None:
            earlier = before.prev
            before.decompose()
            before = earlier
        above = above.parent


def _has_before(node: LexborNode) -> bool:
    """Whether something that shows stands before a node in the same box."""
    before = node.prev
    while before is not None:
        if before.tag in _DRAWN - {"hr"} or before.css_first("img") is not None or _letters(before.text()):
            return True
        before = before.prev
    return False


def _trim(body: LexborNode) -> None:
    """Take empty lines and rules away from the end."""
    for _ in range(MOST_TRIMMED):
        last: LexborNode | None = body.last_child
        while last is not None and last.last_child is not None:
            last = last.last_child
        if last is None or last.mem_id == body.mem_id or last.tag == "img":
            return
        if last.tag == "-text" and (last.text_content or "").strip():
            return
        last.decompose()


def _is_hidden(node: LexborNode, body: LexborNode) -> bool:
    above = node.parent
    while above is not None and above.mem_id != body.mem_id:
        if "display:none" in (above.attributes.get("style") or "").replace(" ", ""):
            return True
        above = above.parent
    return False


def _letters(text: str) -> str:
    """What two ways to write the same words share."""
    return "".join(letter for letter in text if letter.isalnum())


def _alike(one: str, other: str) -> bool:
    words, others = Counter(one.split()), Counter(other.split())
    shared, most = (words & others).total(), max(words.total(), others.total())
    return most > 0 and shared >= ALIKE * most
