"""Whatever process dies in the middle of the story, and whenever Redis forgets: no message is lost, none doubled."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.product import PROCESSES, Product, installed, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SET_UP = """
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.demo import company
with create_app().app_context():
    company.found(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    db.session.commit()
"""
ANSWER = """
import sys
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets import replying
from ticketdesk.tickets.ticket import Ticket
with create_app().app_context():
    ticket = db.session.query(Ticket).filter_by(number=int(sys.argv[1])).one()
    alice = db.session.query(Agent).filter_by(email="alice@example.com").one()
    replying.reply(ticket, alice, f"Answer to {sys.argv[2]}", to=[(sys.argv[2], "")], at=datetime.now(UTC))
    db.session.commit()
"""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with installed() as running:
        running.start()
        running.script(SET_UP)
        yield running


def mail_of(name: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{name} <{name}@customer.test>"
    mail["To"] = "support@example.com"
    mail["Subject"] = f"The bench of {name}"
    mail["Message-ID"] = f"<first-{name}@customer.test>"
    mail["Date"] = "Wed, 04 Mar 2026 10:00:00 +0000"
    mail.set_content(f"Words of {name}")
    return mail


def ticket_of(product: Product, name: str) -> int:
    """The number of the one ticket of somebody; 0 until it is there."""
    rows = product.rows(
        "SELECT t.number FROM tickets t JOIN identities i ON i.id = t.requester_id WHERE i.value = %s",
        f"{name}@customer.test",
    )
    assert len(rows) <= 1, "the same mail made two tickets"
    return int(rows[0][0]) if rows else 0


def answers_to(product: Product, name: str) -> list[EmailMessage]:
    found = product.sent_to(f"{name}@customer.test")
    return [mail for mail in found if "Auto-Submitted" not in mail]


def play(product: Product, name: str, disturb_after: int) -> None:
    """A mail comes, an agent answers, the customer writes back; something happens after one of the steps."""

    def disturb(step: int) -> None:
        if step == disturb_after:
            if name.startswith("redis-emptied"):
                product.empty_redis()
            else:
                product.kill(name.rpartition("-")[0])

    product.send(mail_of(name))
    disturb(0)
    number = until(lambda: ticket_of(product, name), f"a ticket for {name}")
    product.script(ANSWER, str(number), f"{name}@customer.test")
    disturb(1)
    [answer] = until(lambda: answers_to(product, name), f"an answer to {name}")
    back = EmailMessage()
    back["From"], back["To"] = f"{name}@customer.test", str(answer["Reply-To"] or answer["From"])
    back["Subject"] = "Re: " + str(answer["Subject"])
    back["Message-ID"] = f"<second-{name}@customer.test>"
    back["In-Reply-To"] = str(answer["Message-ID"])
    back.set_content(f"Thank you from {name}")
    product.send(back)
    disturb(2)
    until(lambda: len(words_in(product, number)) == 3, f"the second mail of {name} in #{number}")
    assert words_in(product, number) == [
        f"Words of {name}",
        f"Answer to {name}@customer.test",
        f"Thank you from {name}",
    ]
    assert ticket_of(product, name) == number
    assert len(answers_to(product, name)) == 1


def words_in(product: Product, number: int) -> list[str]:
    rows = product.rows(
        "SELECT m.text FROM messages m JOIN placements p ON p.message_id = m.id JOIN tickets t ON t.id = p.ticket_id"
        " WHERE t.number = %s AND p.ended_at IS NULL AND NOT m.automatic ORDER BY p.seq",
        number,
    )
    return [re.sub(r"\s+", " ", str(row[0])).strip() for row in rows]


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("part", [*PROCESSES, "redis-emptied"])
def test_the_story_goes_on(product: Product, part: str, step: int) -> None:
    play(product, f"{part}-{step}", step)


def test_afterwards_every_mail_is_accounted_for(product: Product) -> None:
    """SECURITY I1, I2, I3, I5."""
    raws = product.rows("SELECT state, count(*) FROM raw_mails GROUP BY state")
    assert {state for state, _ in raws} <= {"message", "duplicate"}
    assert (
        product.rows("SELECT raw_mail_id FROM messages GROUP BY raw_mail_id HAVING count(*) > 1 AND raw_mail_id > 0")
        == []
    )
    assert product.rows("SELECT ticket_id FROM events GROUP BY ticket_id HAVING max(seq) <> count(*)") == []
    until(
        lambda: not product.rows("SELECT 1 FROM outbox WHERE state IN ('queued', 'claimed') AND due_at < now()"),
        "all work done",
    )
    assert product.rows("SELECT id FROM outbox WHERE state IN ('failed', 'parked')") == []


def test_a_stop_and_a_second_start_go_on_where_it_was(product: Product) -> None:
    assert product.stop() == 0
    product.start()
    play(product, "second-start", -1)
