"""Two desks and a machine that answers everything are wired together for a minute, and fall silent (ML-06)."""

import contextlib
import smtplib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.ports import free_port
from tests.product import Product, installed, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = 60
MOST = 6
SET_UP = """
import sys
from datetime import UTC, datetime
from ticketdesk import create_app
from ticketdesk.accounts import teams
from ticketdesk.brands import editing as brands
from ticketdesk.channels import mailboxes
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
with create_app().app_context():
    now = datetime.now(UTC)
    brand = brands.create(brands.Setup(sys.argv[1].title(), sys.argv[1]), SYSTEM, now)
    team = teams.create("Help", SYSTEM, now)
    queue = Queue(brand_id=brand.id, team_id=team.id, name="Help", position=0, created_at=now)
    db.session.add(queue)
    db.session.flush()
    mailboxes.create(f"help@{sys.argv[1]}.example", mailboxes.Setup("Help", queue.id), SYSTEM, now)
    db.session.commit()
"""


@dataclass
class Wires:
    """The only server that both desks know: brings each mail to where it belongs, and answers for the rude one."""

    doors: dict[str, int] = field(default_factory=dict)  # by domain
    carried: list[EmailMessage] = field(default_factory=list)
    waiting: "Queue[tuple[str, str, bytes] | None]" = field(default_factory=Queue)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        for recipient in envelope.rcpt_tos:
            self.waiting.put((envelope.mail_from or "", recipient, envelope.content))
        return "250 taken"

    def carry(self) -> None:
        """Bring what was taken, until None comes."""
        while (one := self.waiting.get()) is not None:
            sender, recipient, content = one
            mail: EmailMessage = message_from_bytes(content, policy=policy.default)  # type: ignore[assignment]
            self.carried.append(mail)
            domain = recipient.rpartition("@")[2]
            if domain in self.doors:
                with contextlib.suppress(smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.doors[domain]) as door:
                    door.sendmail(sender, [recipient], content)
            elif domain == "rude.example":
                self.waiting.put((recipient, *_rude(recipient, mail)))


def _rude(name: str, mail: EmailMessage) -> tuple[str, bytes]:
    """What a machine answers that calls itself none: to the address for answers, or to the sender with new words."""
    answer = EmailMessage()
    answer["From"] = name
    answer["Date"] = "Wed, 04 Mar 2026 10:00:00 +0000"
    answer["Message-ID"] = f"<{time.monotonic_ns()}@rude.example>"
    if name.startswith("threads"):
        answer["To"] = mail["Reply-To"].addresses[0].addr_spec
        answer["In-Reply-To"] = mail["Message-ID"]
        answer["Subject"] = f"Re: {mail['Subject']}"
    else:
        answer["To"] = mail["From"].addresses[0].addr_spec
        answer["Subject"] = f"Thank you {time.monotonic_ns()}"
    answer.set_content(f"We will look at it. {time.monotonic_ns()}")
    return answer["To"], answer.as_bytes()


@pytest.fixture
def wires() -> Iterator[tuple[Wires, int]]:
    made = Wires()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    thread = threading.Thread(target=made.carry)
    thread.start()
    yield made, controller.port
    controller.stop()
    made.waiting.put(None)
    thread.join(10)


@pytest.fixture
def desks(wires: tuple[Wires, int]) -> Iterator[list[Product]]:
    with contextlib.ExitStack() as after:
        made = [after.enter_context(installed(SMTP_URL=f"smtp://127.0.0.1:{wires[1]}")) for _ in range(2)]
        with ThreadPoolExecutor() as both:
            list(both.map(_start, made, ("one", "two")))
        wires[0].doors.update({"one.example": made[0].mail_port, "two.example": made[1].mail_port})
        yield made


def _start(product: Product, name: str) -> None:
    product.start()
    product.script(SET_UP, name)


def words_from(sender: str, to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, f"A question of {sender}"
    mail["Date"] = "Wed, 04 Mar 2026 10:00:00 +0000"
    mail["Message-ID"] = f"<{time.monotonic_ns()}@begin.example>"
    mail.set_content("Do you have any?")
    return mail


def test_they_fall_silent(wires: tuple[Wires, int], desks: list[Product]) -> None:
    one, two = desks
    one.send(words_from("help@two.example", "help@one.example"))
    two.send(words_from("help@one.example", "help@two.example"))
    one.send(words_from("threads@rude.example", "help@one.example"))
    two.send(words_from("anew@rude.example", "help@two.example"))
    began = time.monotonic()
    until(lambda: len(wires[0].carried) >= MOST, "each is told that its mail has come, and the rude one answers", 30)
    time.sleep(max(0.0, began + SECONDS - time.monotonic()))
    told = [f"{mail['From']} → {mail['To']}: {mail['Subject']}" for mail in wires[0].carried]
    assert len(told) == MOST, told
    assert [len(desk.rows("SELECT 1 FROM tickets")) for desk in desks] == [2, 3]
