"""The mail that asks: ours, automatic, with a way out, and nothing in it that acts by being looked at."""

import email
from datetime import datetime
from email import policy
from email.message import EmailMessage

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.mails import later, rows, work_all
from tests.people import World
from tests.surveys.conftest import invitations, solve
from ticketdesk.core.db import db
from ticketdesk.surveys.sending import address_of
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


def mailed(app: Flask) -> EmailMessage:
    (row,) = rows("survey")
    folder = app.extensions["ticketdesk.config"].outbox
    found = email.message_from_bytes((folder / f"{row.id}.eml").read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(found: EmailMessage, kind: str) -> str:
    body = found.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_it_is_automatic_and_can_be_ended_by_one_click(app: Flask, world: World, ticket: Ticket, now: datetime) -> None:
    """R18, RFC 3834, RFC 8058."""
    solve(ticket, world, now)
    work_all(later(now, hours=1))
    sent, address = mailed(app), address_of(invitations(ticket)[0].id)
    assert sent["auto-submitted"] == "auto-generated"
    assert sent["x-auto-response-suppress"] == "All"
    assert sent["list-unsubscribe"] == f"<{address}/unsubscribe>"
    assert sent["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert sent["to"] == "dana@customer.example"
    assert sent["subject"] == f"How did we do? [#{ticket.number}]"


def test_it_has_a_link_for_each_score_in_text_and_in_html(
    app: Flask, world: World, ticket: Ticket, now: datetime
) -> None:
    solve(ticket, world, now)
    work_all(later(now, hours=1))
    sent, address = mailed(app), address_of(invitations(ticket)[0].id)
    for score in range(1, 6):
        assert f"{address}?score={score}" in part(sent, "plain")
        assert f'href="{address}?score={score}"' in part(sent, "html")
    assert "Very content" in part(sent, "plain")
    assert "How content are you with our help?" in part(sent, "html")
    assert address.startswith("http://localhost/s/")


def test_what_stands_in_the_conversation_holds_no_link(world: World, ticket: Ticket, now: datetime) -> None:
    """An agent who reads along must not be able to answer for the customer."""
    solve(ticket, world, now)
    work_all(later(now, hours=1))
    message = db.session.scalars(select(Message).where(Message.automatic)).one()
    assert message.text == "How content are you with our help?"
    assert "/s/" not in str([message.text, message.facts, message.html])


def test_a_survey_taken_back_before_it_left_is_not_sent(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    work_all(later(now, hours=1), task="survey.decide")
    invitations(ticket)[0].revoked_at = now
    db.session.commit()
    work_all(later(now, hours=1))
    assert [row.state for row in rows("survey")] == ["cancelled"]


def test_mail_scanners_change_nothing(
    app: Flask, client: FlaskClient, world: World, ticket: Ticket, now: datetime
) -> None:
    """AU-08: every link of the mail, by HEAD and by GET, twenty times."""
    solve(ticket, world, now)
    work_all(later(now, hours=1))
    invitation = invitations(ticket)[0]
    invitation.sent_at = datetime.now(tz=now.tzinfo)
    db.session.commit()
    address = address_of(invitation.id).removeprefix("http://localhost")
    paths = [address, f"{address}/unsubscribe", *(f"{address}?score={score}" for score in range(1, 6))]
    before = _everything()
    for path in paths:
        assert client.head(path).status_code == 200
        assert {client.get(path).status_code for _ in range(7)} == {200}
    assert _everything() == before


def _everything() -> list[object]:
    tables = ("survey_invitations", "survey_answers", "survey_answer_edits", "survey_opt_outs", "follow_ups", "events")
    return [db.session.execute(db.text(f"SELECT * FROM {table} ORDER BY 1")).all() for table in tables]
