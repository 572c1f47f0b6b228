"""A post is answered only when its mail is safe, and repeated or simultaneous posts make one (SECURITY P01, P04)."""

import os
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.channels.mails import mail
from tests.channels.test_kills import at_once, dies, recover, taken
from tests.people import World
from ticketdesk.channels import hook_secrets
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def proof(committed_world: World, now: datetime) -> dict[str, str]:
    secret = hook_secrets.make("A provider", None, SYSTEM, now)[1]
    db.session.commit()
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("point", ["blob write", "store", "commit", "hook post"])
def test_a_posted_mail_survives_the_death_of_whoever_takes_it(
    committed_app: Flask, proof: dict[str, str], point: str
) -> None:
    raw = mail(text=f"Killed at {point}")
    told, tell = os.pipe()

    def post() -> None:
        answer = committed_app.test_client().post("/hooks/email", data=raw, headers=proof)
        os.write(tell, str(answer.status_code).encode())

    assert dies(committed_app, point, post)
    os.close(tell)
    assert os.read(told, 3) == b"", "nobody was told that we have it"
    os.close(told)
    assert taken()[1] == (1 if point == "hook post" else 0)
    # The provider heard nothing and posts it again.
    for _ in range(2):
        assert committed_app.test_client().post("/hooks/email", data=raw, headers=proof).status_code == 200
    recover(clock.now())
    assert taken() == (1, 1)
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_posts_of_one_mail_at_once_make_one(committed_app: Flask, proof: dict[str, str]) -> None:
    raw, answers = mail(), []

    def post() -> None:
        answers.append(committed_app.test_client().post("/hooks/email", data=raw, headers=proof).status_code)

    at_once(committed_app, *[post] * 8)
    assert answers == [200] * 8
    assert len(db.session.scalars(select(RawMail)).all()) == 1
    recover(clock.now())
    assert taken() == (1, 1)
