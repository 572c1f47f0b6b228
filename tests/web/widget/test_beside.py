"""What is asked outside beside a chat: the visitor sees none of it, and it can be taken back there as well."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from tests.people import World, sign_in
from tests.web.widget.conftest import Browser
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import side_talking
from ticketdesk.tickets.side_conversation import SideMessage
from ticketdesk.tickets.side_talking import Answer


def test_a_visitor_sees_none_of_it(app: Flask, world: World, comes: Callable[..., Browser]) -> None:
    """Neither in the talk nor in its head; and unlike what is said to the visitor, it waits before it leaves."""
    world.alice.undo_seconds = 10
    db.session.commit()
    browser = comes()
    browser.says("The armrest came off")
    there = f"/desk/tickets/{browser.ticket.number}/side-conversations"
    filled = {"to_more": "parts@maker.example", "subject": "Spare armrest", "text": "Have you one?", "client_key": "k"}
    assert sign_in(app.test_client(), world.alice).post(there, data=filled).status_code == 303
    asked = db.session.scalars(select(SideMessage)).one()
    side_talking.receive(asked.side_id, Answer("parts@maker.example", "Maker", "Two are left."), clock.now())
    db.session.commit()
    talk = browser.get("talk")
    assert "The armrest came off" in talk.text
    for word in ("Spare armrest", "Have you one?", "Two are left.", "Maker", "outside"):
        assert word not in talk.text + str(talk.headers)
    [row] = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "side"))
    assert row.due_at > row.created_at
