"""Chats at the desk: cards that ring, accepting, passing on, handing over, inviting, letting wait."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import Guest, answers, comes, widget_of
from tests.people import World
from tests.web.desk.conftest import Browser, fresh, htmx
from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import visiting
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.routing import dispatch, missing, offering, unaccepted
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.sla import deferring
from ticketdesk.tickets import assignment, medium
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def come(*agents: Agent) -> None:
    """They take chats."""
    for agent in agents:
        availability.state(agent, "chat", "online", clock.now())
    db.session.commit()


@pytest.fixture
def guest(world: World) -> Guest:
    """Dana, who has begun a chat."""
    come(world.alice, world.bob)
    guest = comes(widget_of(world), clock.now(), name="Dana")
    guest.says("The armrest came off", clock.now())
    return guest


@pytest.fixture
def ringing(guest: Guest) -> Ticket:
    """It rings for alice and bob, as agents choose in that queue."""
    dispatch.dispatch(guest.ticket.id, clock.now())
    db.session.commit()
    return guest.ticket


@pytest.fixture
def mine(world: World, ringing: Ticket) -> Ticket:
    """Alice has it."""
    offering.accept(offer_of(ringing, world.alice), world.alice, clock.now())
    db.session.commit()
    return fresh(ringing)


def offer_of(ticket: Ticket, agent: Agent) -> int:
    return db.session.scalars(
        select(RoutingOffer.id)
        .where(RoutingOffer.ticket_id == ticket.id, RoutingOffer.agent_id == agent.id)
        .order_by(RoutingOffer.id.desc())
        .limit(1)
    ).one()


def kinds(ticket: Ticket) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.seq)))


def tell_unanswered(ticket: Ticket) -> None:
    """As the background does."""
    for event in db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "chat_unanswered").order_by(Event.seq)
    ).all():
        deferring.tell(event, clock.now())
    db.session.commit()


def test_a_card_rings_with_who_what_and_how_long(alice: FlaskClient, ringing: Ticket) -> None:
    page = alice.get("/desk/chats").text
    assert 'data-rings="1"' in page and "Dana" in page and "The armrest came off" in page
    assert "data-until=" in page and 'data-key="y"' in page


def test_accepting_opens_it_and_the_card_is_gone_elsewhere(
    alice: FlaskClient, browser: Browser, world: World, ringing: Ticket
) -> None:
    answer = alice.post(f"/desk/offers/{offer_of(ringing, world.alice)}/acceptance", headers=htmx())
    assert answer.headers["HX-Redirect"] == f"/desk/tickets/{ringing.number}?in=mine"
    assert fresh(ringing).assignee_id == world.alice.id
    bob = browser("bob")
    assert 'data-rings="0"' in bob.get("/desk/chats").text
    late = bob.post(f"/desk/offers/{offer_of(ringing, world.bob)}/acceptance", headers=htmx())
    assert late.status_code == 409 and "Alice was quicker" in late.headers["HX-Trigger"]
    strip = alice.get("/desk/chats").text
    assert f'data-chat="{ringing.number}"' in strip and "td-strip" in strip


def test_nobody_answers_for_somebody_else(browser: Browser, world: World, ringing: Ticket) -> None:
    carol = browser("carol")
    for what in ("acceptance", "passing", "seen"):
        assert carol.post(f"/desk/offers/{offer_of(ringing, world.alice)}/{what}").status_code == 404
    assert 'data-rings="0"' in carol.get("/desk/chats").text


def test_passing_on_leaves_it_to_the_others(alice: FlaskClient, world: World, ringing: Ticket) -> None:
    answer = alice.post(f"/desk/offers/{offer_of(ringing, world.alice)}/passing", headers=htmx())
    assert 'data-rings="0"' in answer.text
    states = db.session.scalars(select(RoutingOffer.state).order_by(RoutingOffer.agent_id)).all()
    assert sorted(states) == ["passed", "ringing"]
    assert db.session.get_one(RoutingOffer, offer_of(ringing, world.bob)).state == "ringing"


def test_missing_too_many_is_said_with_the_way_back(alice: FlaskClient, world: World, ringing: Ticket) -> None:
    at = clock.now()
    for _ in range(3):
        at += timedelta(seconds=31)
        availability.heartbeats([world.alice.id], at)
        missing.expire(at)
        dispatch.dispatch(ringing.id, at)
    db.session.commit()
    assert "You take no chats just now" in alice.get("/desk/chats").text
    alice.post("/desk/availability", data={"channel": "chat", "state": "online"})
    assert "You take no chats just now" not in alice.get("/desk/chats").text


def test_handing_over_rings_and_the_old_one_keeps_it_until_then(
    alice: FlaskClient, browser: Browser, world: World, mine: Ticket
) -> None:
    sheet = alice.get(f"/desk/tickets/{mine.number}/transfer", headers=htmx()).text
    assert "Bob, 0 of 3 chats" in sheet and f'value="queue-{mine.queue_id}"' in sheet
    form = {"to": f"agent-{world.bob.id}", "note": "He asks for the workshop", "has": str(world.alice.id)}
    assert alice.post(f"/desk/tickets/{mine.number}/transfer", data=form).status_code == 303
    assert fresh(mine).assignee_id == world.alice.id
    note = db.session.scalars(select(Message).where(Message.kind == "note")).one()
    assert note.text == "He asks for the workshop"
    assert "rings for Bob" in alice.get(f"/desk/tickets/{mine.number}").text
    again = alice.post(f"/desk/tickets/{mine.number}/transfer", data=form)
    assert again.status_code == 422 and "It rings already for Bob" in again.text
    bob = browser("bob")
    card = bob.get("/desk/chats").text
    assert "Alice hands a chat over to you" in card and "He asks for the workshop" in card
    assert bob.post(f"/desk/offers/{offer_of(mine, world.bob)}/acceptance").status_code == 303
    assert fresh(mine).assignee_id == world.bob.id
    assert kinds(mine)[-2:] == ["chat_accepted", "assigned"]


def test_whoever_is_being_asked_in_can_be_handed_it(
    alice: FlaskClient, browser: Browser, world: World, mine: Ticket
) -> None:
    alice.post(f"/desk/tickets/{mine.number}/colleagues", data={"agent": world.bob.id})
    assert alice.post(f"/desk/tickets/{mine.number}/transfer", data={"to": f"agent-{world.bob.id}"}).status_code == 303
    bob = browser("bob")
    card = bob.get("/desk/chats").text
    assert "Alice hands a chat over to you" in card and "asks you into a chat" not in card
    bob.post(f"/desk/offers/{offer_of(mine, world.bob)}/acceptance")
    assert fresh(mine).assignee_id == world.bob.id


@pytest.mark.parametrize("ends", ["passed", "expired"])
def test_what_is_not_taken_over_comes_back_with_a_word(
    alice: FlaskClient, browser: Browser, world: World, mine: Ticket, ends: str
) -> None:
    alice.post(f"/desk/tickets/{mine.number}/transfer", data={"to": f"agent-{world.bob.id}", "has": ""})
    if ends == "passed":
        browser("bob").post(f"/desk/offers/{offer_of(mine, world.bob)}/passing")
    else:
        missing.expire(clock.now() + timedelta(seconds=31))
        db.session.commit()
    assert fresh(mine).assignee_id == world.alice.id
    told = alice.get("/desk/chats").text
    assert ("Bob cannot take it" if ends == "passed" else "Bob did not answer") in told
    alice.post(f"/desk/offers/{offer_of(mine, world.bob)}/seen")
    assert "stays with you" not in alice.get("/desk/chats").text


def test_it_can_be_kept_after_all(alice: FlaskClient, browser: Browser, world: World, mine: Ticket) -> None:
    alice.post(f"/desk/tickets/{mine.number}/transfer", data={"to": f"agent-{world.bob.id}"})
    assert alice.delete(f"/desk/tickets/{mine.number}/transfer").status_code == 303
    assert 'data-rings="0"' in browser("bob").get("/desk/chats").text
    late = browser("bob").post(f"/desk/offers/{offer_of(mine, world.bob)}/acceptance")
    assert late.status_code == 409 and fresh(mine).assignee_id == world.alice.id


def test_somebody_elses_now_is_not_handed_over_unseen(alice: FlaskClient, world: World, mine: Ticket) -> None:
    assignment.assign(mine, world.bob, world.bob.actor, clock.now())
    db.session.commit()
    answer = alice.post(
        f"/desk/tickets/{mine.number}/transfer", data={"to": f"queue-{mine.queue_id}", "has": str(world.alice.id)}
    )
    assert answer.status_code == 422 and fresh(mine).assignee_id == world.bob.id


def test_back_to_the_queue_rings_for_others(alice: FlaskClient, world: World, mine: Ticket) -> None:
    alice.post(f"/desk/tickets/{mine.number}/transfer", data={"to": f"queue-{mine.queue_id}"})
    assert fresh(mine).assignee_id is None
    dispatch.dispatch(mine.id, clock.now())
    ringing = select(RoutingOffer.agent_id).where(RoutingOffer.state == "ringing")
    assert db.session.scalars(ringing).all() == [world.bob.id], "not for whoever gave it away"
    skipped = db.session.scalars(select(RoutingDecision).where(RoutingDecision.kind == "skipped")).one()
    assert (skipped.from_id, skipped.reason) == (world.alice.id, "handed_over")


def test_a_colleague_who_is_asked_in_reads_and_answers(
    alice: FlaskClient, browser: Browser, world: World, mine: Ticket
) -> None:
    carol = browser("carol")
    assert carol.get(f"/desk/tickets/{mine.number}").status_code == 404
    assert alice.post(f"/desk/tickets/{mine.number}/colleagues", data={"agent": world.carol.id}).status_code == 303
    assert "Alice asks you into a chat" in carol.get("/desk/chats").text
    assert carol.post(f"/desk/offers/{offer_of(mine, world.carol)}/acceptance").status_code == 303
    assert fresh(mine).assignee_id == world.alice.id
    page = carol.get(f"/desk/tickets/{mine.number}").text
    assert "Carol" in page.partition('id="chat-tools"')[2].partition("</div>")[0]
    answers(world.carol, mine, "Hello, I join", clock.now())


def test_what_is_no_chat_any_more_rings_for_nobody(alice: FlaskClient, world: World, mine: Ticket) -> None:
    medium.turn_to_mail(mine, world.alice.actor, clock.now())
    db.session.commit()
    answer = alice.post(f"/desk/tickets/{mine.number}/colleagues", data={"agent": world.bob.id})
    assert answer.status_code == 422 and "waits as a ticket now" in answer.text
    ringing = select(RoutingOffer.agent_id).where(RoutingOffer.state == "ringing")
    assert db.session.scalars(ringing).all() == []


def test_letting_it_wait_tells_the_visitor_once(alice: FlaskClient, guest: Guest, mine: Ticket) -> None:
    assert alice.post(f"/desk/tickets/{mine.number}/waiting").status_code == 303
    assert fresh(mine).medium == "mail"
    for _ in range(2):
        tell_unanswered(mine)
    told = [text for text in guest.sees() if "need not wait" in text]
    assert len(told) == 1 and "Leave your mail address" in told[0]
    assert alice.post(f"/desk/tickets/{mine.number}/waiting").status_code == 409
    guest.says("Thanks", clock.now())
    assert fresh(mine).medium == "mail", "thanks make it no chat again"


def test_nobody_accepts_and_the_visitor_is_told_once(guest: Guest, ringing: Ticket, world: World) -> None:
    guest.gives("dana@customer.example", clock.now())
    later = clock.now() + timedelta(minutes=2)
    assert unaccepted.give_up(later) == 1
    db.session.commit()
    tell_unanswered(ringing)
    told = [text for text in guest.sees() if "need not wait" in text]
    assert len(told) == 1 and "by mail if you leave" in told[0] and "busy" in told[0]
    guest.says("Hello?", clock.now())
    event = db.session.scalars(
        select(Event).where(Event.kind == "message_received").order_by(Event.id.desc()).limit(1)
    ).one()
    come(world.alice)
    dispatch.revive(event, clock.now())
    assert fresh(ringing).medium == "chat", "somebody is there, so it rings again"
    db.session.commit()
    dispatch.dispatch(ringing.id, clock.now())
    assert unaccepted.give_up(later + timedelta(minutes=5)) == 1
    tell_unanswered(ringing)
    assert len([text for text in guest.sees() if "need not wait" in text]) == 1


def test_where_the_visitor_is_and_was(alice: FlaskClient, guest: Guest, mine: Ticket) -> None:
    visitor = guest.visitor
    visitor.pages, visitor.page = (
        [{"at": clock.now().isoformat(), "url": "https://shop.example/a"}],
        "https://shop.example/b",
    )
    visitor.language, visitor.timezone = "de-AT", "Europe/Vienna"
    db.session.commit()
    page = alice.get(f"/desk/tickets/{mine.number}").text
    for words in ("https://shop.example/a", "https://shop.example/b", "de-AT", "Their time"):
        assert words in page


def test_earlier_pages_are_few(guest: Guest) -> None:
    visitor = guest.visitor
    for number in range(30):
        visiting.moved(visitor, f"https://shop.example/{number}", clock.now())
    assert len(visitor.pages) == visiting.MOST_PAGES
    assert visitor.page == "https://shop.example/29" and visitor.pages[-1]["url"] == "https://shop.example/28"
