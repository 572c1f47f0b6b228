"""How often the database is asked for one mail: what costs is the number of questions, so it must not creep up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.channels.mails import mail, take, work_all
from tests.people import World
from ticketdesk.core.actor import SYSTEM
from ticketdesk.sla import defaults

OPENING = 76
"""For a mail of somebody known that opens a ticket, and what follows from it up to the acknowledgement's own row."""
ANSWER = 39
"""For one that answers in a ticket."""


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "SAVEPOINT" not in statement:  # a test's commit is one
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_mail_asks_the_database_no_more_often_than_it_did(world: World, now: datetime) -> None:
    defaults.create(SYSTEM, now)
    taken(mail(), now)
    opening = taken(mail(message_id="second@customer.example", subject="Another matter"), now)
    answer = taken(mail(headers=[("In-Reply-To", "<second@customer.example>")], subject="Another matter"), now)
    assert len(opening) <= OPENING, "\n".join(opening)
    assert len(answer) <= ANSWER, "\n".join(answer)


def taken(raw: bytes, now: datetime) -> list[str]:
    """What was asked from the door until everybody was told."""
    with counted() as sent:
        take(raw, now)
        work_all(now, task="tell")
    return sent
