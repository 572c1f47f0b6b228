"""Every word that a visitor can be told, read from where it stands in the code."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file

from ticketdesk import ROOT
from ticketdesk.surveys import settings

TEMPLATES = ("templates/widget/*.html", "templates/mail/chat_transcript/*", "templates/mail/_link.*")
CODE = (
    "ticketdesk/web/widget/*.py",
    "ticketdesk/web/portal/progress.py",
    "ticketdesk/web/formatting.py",
    "ticketdesk/web/desk/uploads.py",
)
REFUSING = (
    "ticketdesk/channels/chat/introduction.py",
    "ticketdesk/channels/chat/saying.py",
    "ticketdesk/channels/chat/topics.py",
    "ticketdesk/channels/chat/transcript.py",
    "ticketdesk/channels/chat/visiting.py",
    "ticketdesk/surveys/answering.py",
    "ticketdesk/web/widget/forms.py",
)
SPOKEN = {"_": None, "gettext": None, "ngettext": (1, 2)}
REFUSALS = {"Invalid": (1,), "TooFast": (1,), "Conflict": (1,), "DataRequired": (1,), "InputRequired": (1,)}


def words() -> dict[str | tuple[str, ...], str]:
    """Each text, or both forms of one that counts, with the file it stands in."""
    found: dict[str | tuple[str, ...], str] = {}
    for pattern in TEMPLATES:
        for path in sorted(ROOT.glob(pattern)):
            found.update(_in(path, "jinja2.ext:babel_extract", SPOKEN))
    for pattern in CODE:
        for path in sorted(ROOT.glob(pattern)):
            found.update(_in(path, "python", SPOKEN))
    for name in REFUSING:
        found.update(_in(ROOT / name, "python", REFUSALS))
    found.update(dict.fromkeys([settings.QUESTION, *settings.WORDS], "what a survey asks before anybody changed it"))
    return found


def _in(path: Path, method: str, functions: dict[str, tuple[int, ...] | None]) -> Iterator[tuple[str, str]]:
    for _line, text, _comments, _context in extract_from_file(method, path, keywords=functions):
        yield text, str(path.relative_to(ROOT))
