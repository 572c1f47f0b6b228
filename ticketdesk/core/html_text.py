"""HTML as the lines a reader sees, each with the label of the element around it."""

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from ticketdesk.core.html_tags import VOID, Tag, tags_and_text

_PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "hr",
))  # fmt: skip
_BLOCKS = _PARAGRAPHS | frozenset((
    "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "main", "aside", "nav", "center",
    "address", "form", "fieldset", "caption", "body", "html", "details", "summary", "figcaption", "option",
    "legend", "title", "thead", "tbody", "tfoot",
))  # fmt: skip
_MAX_DEPTH = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of visible text; `label` is what the innermost labelled element around it was called."""

    text: str
    label: str | None


# Names an element by its tag name and the source of its attributes, or returns None.
Labeller = Callable[[str, str], str | None]


def _no_label(name: str, attributes: str) -> str | None:
    return None


def read_lines(html: str, label_of: Labeller = _no_label) -> list[Line]:
    """The visible lines of `html`; a paragraph is set apart by one empty line."""
    page = _Page()
    # Open elements: name, the label to return to, whether the content is hidden, kept white space.
    stack: list[tuple[str, str | None, bool, bool]] = []
    counts: dict[str, int] = {}
    for piece in tags_and_text(html):
        if isinstance(piece, str):
            page.write(piece)
        elif piece.closing:
            if piece.name in _BLOCKS:
                page.end_line(apart=piece.name in _PARAGRAPHS)
            elif piece.name in ("td", "th"):
                page.space()
            if counts.get(piece.name):
                while stack:
                    name, page.label, page.hidden, page.kept = stack.pop()
                    counts[name] -= 1
                    if name == piece.name:
                        break
        else:
            _open(page, piece, stack, counts, label_of)
    return page.finish()


def _open(
    page: "_Page",
    tag: Tag,
    stack: list[tuple[str, str | None, bool, bool]],
    counts: dict[str, int],
    label_of: Labeller,
) -> None:
    name = tag.name
    if name == "br":
        page.line_break()
    elif name in _BLOCKS:
        page.end_line(apart=name in _PARAGRAPHS)
    label = label_of(name, tag.attributes) if name in ("blockquote", "hr", "pre") or tag.attributes else None
    if name in VOID:
        if label is not None:
            page.cut(label)
        if name == "hr":
            page.rule()
        return
    if len(stack) < _MAX_DEPTH and not tag.attributes.endswith("/"):
        stack.append((name, page.label, page.hidden, page.kept))
        counts[name] = counts.get(name, 0) + 1
        if label is not None:
            page.label = label
        if name == "pre":
            page.kept = True
        if "display" in tag.attributes and "display:none" in tag.attributes.replace(" ", "").lower():
            page.hidden = True
    if name == "li":
        page.bullet()


class _Page:
    """Lines under construction."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.label: str | None = None
        self.hidden = False
        self.kept = False
        self._pieces: list[str] = []
        self._line_label: str | None = None
        self._gap = False
        self._apart = False

    def write(self, source: str) -> None:
        if self.hidden:
            return
        text = unescape(source) if "&" in source else source
        if self.kept:
            first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._put(first)
            for other in others:
                self.line_break()
                self._put(other)
            return
        words = text.split(" ") if text.isspace() is False and "\n" not in text and "\t" not in text else None
        flat = " ".join(text.replace("\u00a0", "\ue000").split()).replace("\ue000", "\u00a0")
        if not flat:
            self._gap = self._gap or bool(text)
            return
        if words is not None and "" not in words:
            flat = text
        lead = text[0] in " \t\r\n\f" or self._gap
        if lead and self._pieces and not self._pieces[-1].endswith(" "):
            flat = " " + flat
        self._gap = text[-1] in " \t\r\n\f"
        self._put(flat)

    def _put(self, text: str) -> None:
        if not text:
            return
        if not self._pieces:
            self._line_label = self.label
            if self._apart and self.lines and self.lines[-1].text:
                self.lines.append(Line("", self.label if self.lines[-1].label == self.label else None))
            self._apart = False
        self._pieces.append(text)

    def space(self) -> None:
        self._gap = True

    def bullet(self) -> None:
        if not self.hidden:
            self._put("- ")

    def rule(self) -> None:
        self._put("-" * 30)
        self.end_line(apart=False)

    def cut(self, label: str) -> None:
        """Everything that follows in the same element bears the label."""
        self.end_line(apart=False)
        self.label = label

    def line_break(self) -> None:
        if self._pieces:
            self._close()
        elif not self.hidden:
            self.lines.append(Line("", self.label))
        self._gap = False

    def end_line(self, *, apart: bool) -> None:
        if self._pieces:
            self._close()
        self._apart = self._apart or apart
        self._gap = False

    def _close(self) -> None:
        text = "".join(self._pieces).replace("\u00a0", " ").rstrip()
        self.lines.append(Line(text, self._line_label))
        self._pieces = []

    def finish(self) -> list[Line]:
        self.end_line(apart=False)
        return self.lines
