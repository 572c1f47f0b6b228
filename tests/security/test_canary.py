"""IN-03: a word that would become markup stands in every short field, and on every page it stays a word."""

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Text
from werkzeug.test import TestResponse

from tests.security.matrix import ROWS
from tests.security.stage import ACTORS, Stage
from tests.security.test_matrix import address
from ticketdesk.channels.email import letters
from ticketdesk.core.db import db
from ticketdesk.tickets.message import Message

READING = sorted(key for key in ROWS if key[1] == "GET")
CANARY = (
    """"'></title></textarea></style><tdcanary onpwn=1 href="javascript:pwn()">"""
    """<img src=x onpwn=2>{{7*'7'}}${7*7}"""
)
WRITTEN_BY_PEOPLE = frozenset(
    [
        "away_text",
        "body",
        "browser",
        "comment",
        "confirmation",
        "description",
        "envelope_from",
        "error",
        "fetch_error",
        "filename",
        "greeting",
        "help",
        "hint",
        "introduction",
        "label",
        "last_author",
        "last_words",
        "name",
        "note",
        "outcome",
        "pattern",
        "question",
        "quoted_text",
        "reason",
        "response",
        "section",
        "signature",
        "snippet",
        "subject",
        "text",
        "title",
        "wording",
        "words",
    ]
)
"""Columns whose words come from outside or from colleagues, in whatever table they stand."""
CODES = {
    ("audit_entries", "subject"),
    ("notifications", "reason"),
    ("routing_decisions", "reason"),
    ("survey_invitations", "reason"),
}
"""The same names where they hold words of our own."""


@pytest.fixture
def stained(stage: Stage) -> Stage:
    """The stage with the canary in every such column of every row."""
    for table in db.metadata.sorted_tables:
        names = [
            column.name
            for column in table.columns
            if isinstance(column.type, Text)
            and column.name in WRITTEN_BY_PEOPLE
            and (table.name, column.name) not in CODES
        ]
        if names:
            unlike = table.c.id.cast(Text) if "id" in table.c else next(iter(table.primary_key)).cast(Text)
            db.session.execute(table.update().values(dict.fromkeys(names, CANARY + unlike)))
    db.session.commit()
    return stage


def harm(page: str) -> list[str]:
    """What of the canary became part of a page."""
    tree = LexborHTMLParser(page)
    found = [node.tag or "" for node in tree.css("tdcanary, [onpwn]")]
    found += [node.tag or "" for node in tree.css("*") if any("pwn" in name for name in node.attributes)]
    found += [
        href
        for node in tree.css("[href], [src], [action], [formaction]")
        for name in ("href", "src", "action", "formaction")
        if (href := (node.attributes.get(name) or "")).strip().lower().startswith(("javascript:", "vbscript:"))
    ]
    scripts = [node.text() for node in tree.css("script")]
    return found + [script for script in scripts if "pwn" in script and "<" in script]


def is_markup(response: TestResponse) -> bool:
    return response.status_code < 400 and response.mimetype in ("text/html", "image/svg+xml")


@pytest.mark.parametrize("key", READING, ids=lambda key: key[0])
def test_on_every_page_it_stays_a_word(stained: Stage, key: tuple[str, str]) -> None:
    for actor in ACTORS:
        response = stained.client(actor).get(address(stained, key[0], ROWS[key].args(stained.ids)))
        assert response.status_code < 500, actor
        if is_markup(response):
            assert harm(response.text) == [], (actor, key)
            assert "777777" not in response.text


def test_pages_show_it_at_all(stained: Stage) -> None:
    """Were the canary nowhere to be seen, the test above would prove nothing."""
    shown = 0
    for key in READING:
        response = stained.client("ada").get(address(stained, key[0], ROWS[key].args(stained.ids)))
        shown += is_markup(response) and "tdcanary" in response.text
    assert shown >= 15


def test_the_detector_sees_harm() -> None:
    for page in (
        "<p><tdcanary>",
        '<p title="x" onpwn=1>',
        '<a href=" JavaScript:pwn()">',
        "<script>x = '</p><b>pwn'</script>",
    ):
        assert harm(page), page


def test_in_every_mail_it_stays_a_word(stained: Stage) -> None:
    for message in db.session.query(Message).where(Message.direction == "out", Message.kind == "public"):
        for purpose in [*sorted(letters.AUTOMATIC), "reply"]:
            outgoing, _mailbox = letters.of_message(message, purpose)
            assert harm(outgoing.html) == [], purpose
            assert "777777" not in outgoing.html + outgoing.text + outgoing.subject
            assert "\n" not in outgoing.subject
